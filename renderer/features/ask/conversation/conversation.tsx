import { Button, Loader, VisuallyHidden } from '@mantine/core';
import { IconArrowDown } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import type { Answer } from '../../../lib/answer.ts';
import { isAnswering } from '../../../stores/conversation.ts';
import { AnswerTurn } from './answer-turn.tsx';
import classes from './conversation.module.css';
import { QuestionTurn } from './question-turn.tsx';
import { Suggestions } from './suggestions.tsx';
import { useStickToEnd } from './use-stick-to-end.ts';

/** Questions and answers, oldest first. New text is followed until the user scrolls up. */
export function Conversation() {
  const { conversation, openConversation } = useStudio();
  const turns = useStore(conversation.store, (state) => state.turns);
  const id = useStore(conversation.store, (state) => state.id);
  const loading = useStore(conversation.store, (state) => state.loading);
  const failure = useStore(conversation.store, (state) => state.failure);
  const view = useStore(conversation.store, (state) => state.view);
  const editingId = useStore(conversation.store, (state) => state.editingId);
  const answering = useStore(conversation.store, isAnswering);
  const { ref, atEnd, toEnd } = useStickToEnd(view, turns.length);
  const lastAnswer = turns.findLast((turn) => turn.role === 'assistant');

  return (
    <div className={classes.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <section ref={ref} className={classes.scroll} aria-label="Conversation" tabIndex={0}>
        <div className={classes.column}>
          {loading && (
            <div className={classes.centre}>
              <Loader size="sm" type="dots" color="gray" aria-label="Loading the conversation" />
            </div>
          )}
          {failure !== null && (
            <FailureNote failure={failure}>
              {id !== null && (
                <Button size="compact-sm" variant="default" onClick={() => void openConversation(id)}>
                  Try again
                </Button>
              )}
            </FailureNote>
          )}
          {turns.length === 0 && !loading && failure === null && <Suggestions />}
          {turns.map((turn, i) => {
            // Ids change when the engine has kept a turn; its place in this conversation does not.
            const place = `${view}/${i}`;
            return turn.role === 'user' ? (
              <QuestionTurn
                key={place}
                question={turn}
                editing={turn.id === editingId}
                busy={answering}
                replaces={turns.length - i - 2}
              />
            ) : (
              <AnswerTurn key={place} answer={turn} last={turn.id === lastAnswer?.id} busy={answering} />
            );
          })}
        </div>
      </section>
      <VisuallyHidden aria-live="polite">
        {answering ? 'Answering.' : lastAnswer && wordOf(lastAnswer)}
      </VisuallyHidden>
      {!atEnd && turns.length > 0 && (
        <button type="button" className={classes.toEnd} onClick={toEnd}>
          <IconArrowDown size={15} stroke={1.8} aria-hidden />
          Latest
        </button>
      )}
    </div>
  );
}

/** What is said aloud when an answer has ended. */
function wordOf(answer: Answer): string {
  switch (answer.state) {
    case 'streaming':
      return '';
    case 'done':
      return 'The answer is complete.';
    case 'stopped':
      return 'The answer was stopped.';
    case 'interrupted':
    case 'failed':
      return 'The answer failed.';
    default:
      return answer.state satisfies never;
  }
}

import { Button } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import type { Question } from '../../../lib/answer.ts';
import { plural } from '../../../lib/numbers.ts';
import classes from './turn.module.css';

interface QuestionTurnProps {
  readonly question: Question;
  readonly editing: boolean;
  /** True while an answer is under way: nothing can be edited then. */
  readonly busy: boolean;
  /** How many messages after its own answer an edit would replace. */
  readonly replaces: number;
}

export function QuestionTurn({ question, editing, busy, replaces }: QuestionTurnProps) {
  const { conversation } = useStudio();
  return (
    <article className={classes.question} aria-label="Question" data-editing={editing}>
      {editing ? (
        <Editor question={question} replaces={replaces} />
      ) : (
        <>
          <div className={classes.tools}>
            <IconButton
              label="Edit question"
              size={28}
              disabled={busy}
              onClick={() => conversation.edit(question.id)}
            >
              <IconPencil size={16} stroke={1.6} />
            </IconButton>
          </div>
          <p className={classes.bubble}>{question.text}</p>
        </>
      )}
    </article>
  );
}

function Editor({ question, replaces }: { readonly question: Question; readonly replaces: number }) {
  const { conversation, replace } = useStudio();
  const [text, setText] = useState(question.text);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(question.text.length, question.text.length);
  }, [question.text]);
  const submit = () => void replace(question.id, text);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      conversation.edit(null);
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      submit();
    }
  };
  return (
    <div className={classes.editor}>
      <div className={classes.grow} data-text={`${text} `}>
        <textarea
          ref={area}
          aria-label="Edited question"
          rows={1}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className={classes.editorTools}>
        {replaces > 0 && <span className={classes.hint}>Replaces {plural(replaces, 'later message')}</span>}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => conversation.edit(null)}>
          Cancel
        </Button>
        <Button size="compact-sm" disabled={text.trim() === ''} onClick={submit}>
          Ask again
        </Button>
      </div>
    </div>
  );
}

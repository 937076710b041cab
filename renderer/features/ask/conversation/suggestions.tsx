import { UnstyledButton } from '@mantine/core';
import { IconArrowUpRight } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { useStudio } from '../../../components/studio-context.tsx';
import classes from './suggestions.module.css';

const about = {
  moving: {
    title: 'Ask about this video',
    text: 'Narrow it to a clip with the two handles on the timeline, or ask about the whole.',
    questions: [
      'What is in this video?',
      'What appears first?',
      'What changes between the start and the end?',
    ],
  },
  still: {
    title: 'Ask about this picture',
    text: 'The model sees it as a video of one frame.',
    questions: ['What is in this picture?', 'Describe it in one sentence.'],
  },
} as const;

/** An empty conversation: a few questions to begin with. */
export function Suggestions() {
  const { video, send, engine, models } = useStudio();
  const kind = useStore(video.store, (state) => state.video?.kind);
  const ready = useStore(engine.store, (state) => state.status.kind === 'ready');
  const hasModel = useStore(models.store, (state) => state.chosenId !== null);
  if (kind === undefined) return null;
  const { title, text, questions } = kind === 'image' ? about.still : about.moving;
  return (
    <div className={classes.empty}>
      <h3 className={classes.title}>{title}</h3>
      <p className={classes.text}>{text}</p>
      <ul className={classes.list}>
        {questions.map((question) => (
          <li key={question}>
            <UnstyledButton
              className={classes.suggestion}
              disabled={!ready || !hasModel}
              onClick={() => void send(question)}
            >
              {question}
              <IconArrowUpRight size={15} stroke={1.6} aria-hidden />
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </div>
  );
}

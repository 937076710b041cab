import type { AnswerStats } from '../contract/ask.ts';
import type { Conversation, Message } from '../contract/conversations.ts';
import type { Clip } from '../contract/video.ts';

export interface ExportedConversation {
  /** Safe on every platform. */
  readonly fileName: string;
  readonly text: string;
}

/** A conversation as a document for people (Markdown) or for programs (JSON). */
export function exportConversation(
  conversation: Conversation,
  format: 'markdown' | 'json',
): ExportedConversation {
  const name = fileNameOf(conversation.title);
  return format === 'json'
    ? { fileName: `${name}.json`, text: json(conversation) }
    : { fileName: `${name}.md`, text: markdown(conversation) };
}

function json(conversation: Conversation): string {
  const { excerpt: _, ...kept } = conversation;
  return `${JSON.stringify({ format: 'merv-studio-conversation', version: 1, ...kept }, null, 2)}\n`;
}

function markdown({ title, video, videoMissing, clip, modelId, createdAt, messages }: Conversation): string {
  const facts = [
    `- Video: ${video ? `${video.name} (${video.path})${videoMissing ? ', no longer there' : ''}` : 'none'}`,
    ...(clip ? [`- Clip: ${clipText(clip)}`] : []),
    `- Model: ${modelId}`,
    `- Asked: ${new Date(createdAt).toISOString()}`,
  ];
  return `${[`# ${title}`, facts.join('\n'), ...messages.map(messageText)].join('\n\n')}\n`;
}

function messageText(message: Message): string {
  if (message.role === 'user') return `## Question\n\n${message.text}`;
  const ending = endings[message.state];
  return [
    '## Answer',
    message.text || '(no text)',
    ...(ending ? [`*${ending}${message.error ? ` ${message.error.sentence}` : ''}*`] : []),
    ...(message.stats ? [statsText(message.stats)] : []),
  ].join('\n\n');
}

const endings = {
  streaming: 'Still being written.',
  done: null,
  stopped: 'Stopped by the user.',
  interrupted: 'Interrupted: the engine stopped in the middle.',
  failed: 'Failed.',
} as const;

function statsText({ model, frames, tokens, ms, seed, warnings }: AnswerStats): string {
  return [
    `- Model: ${model}, seed ${seed}`,
    ...frames.map(
      ({ encoder, frames: seen }) =>
        `- Frames of ${encoder}: ${seen.map(({ index, seconds }) => `${index} (${timeText(seconds)})`).join(', ')}`,
    ),
    `- Tokens: ${tokens.visual} visual, ${tokens.prompt} prompt, ${tokens.generated} generated`,
    `- Time: ${(ms.total / 1000).toFixed(1)} s (decode ${Math.round(ms.decode)} ms, encode ${Math.round(ms.encode)} ms, ` +
      `prefill ${Math.round(ms.prefill)} ms, generate ${Math.round(ms.generate)} ms)`,
    ...warnings.map((warning) => `- Note: ${warning}`),
  ].join('\n');
}

const clipText = ({ from, to }: Clip): string =>
  `${timeText(from)} to ${to === null ? 'the end' : timeText(to)}`;

/** 67.25 -> "1:07.25" */
function timeText(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const minutes = Math.floor(hundredths / 6000);
  return `${minutes}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, '0')}`;
}

const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

function fileNameOf(title: string): string {
  const name = title
    .replaceAll(/[\p{Cc}<>:"/\\|?*]+/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replace(/^\.+/, '');
  const short = [...name]
    .slice(0, 80)
    .join('')
    .replace(/[. …]+$/u, '');
  return short === '' || reservedOnWindows.test(short) ? 'Conversation' : short;
}

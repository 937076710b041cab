import type { Message } from '../contract/conversations.ts';
import type { ChatTurn } from '../text/prompt.ts';

const longestTitle = 60;

/** The messages before the exchange that `messageId` belongs to; all of them for null or an unknown id. */
export function messagesBefore(messages: readonly Message[], messageId: string | null): readonly Message[] {
  const at = messages.findIndex((message) => message.id === messageId);
  if (at < 0) return messages;
  return messages.slice(0, messages[at]?.role === 'assistant' ? at - 1 : at);
}

/** What was said, as the model gets it: exchanges whose answer never began are left out, with their question. */
export function turnsOf(messages: readonly Message[]): readonly ChatTurn[] {
  return messages.flatMap((message, at) => {
    const answer = message.role === 'user' ? messages[at + 1] : undefined;
    if (message.role !== 'user' || answer?.role !== 'assistant' || answer.text === '') return [];
    return [
      { role: 'user', text: message.text },
      { role: 'assistant', text: answer.text },
    ] as const;
  });
}

/** A person's own instruction to the model; none for null or blank. */
export function systemTurn(system: string | null): readonly ChatTurn[] {
  return system === null || system.trim() === '' ? [] : [{ role: 'system', text: system }];
}

/** A conversation's first title: its question in one line, cut at a word. */
export function titleOf(question: string): string {
  const line = question.replaceAll(/\s+/gu, ' ').trim();
  const characters = [...line];
  if (characters.length <= longestTitle) return line || 'Untitled';
  const cut = characters.slice(0, longestTitle).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > longestTitle / 2 ? cut.slice(0, lastSpace) : cut}…`;
}

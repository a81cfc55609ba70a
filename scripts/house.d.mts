export function readmeOf(text: string): string;
export function contributingOf(text: string): string;

/**
 * Called between rules while they are read and compiled, with the name of their file. It may throw to give up: nothing is
 * kept of what was begun.
 */
export type Checkpoint = (file: string) => void;

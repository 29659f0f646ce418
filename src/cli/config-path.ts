/** The configuration that is read when none is named. */
export const DEFAULT_CONFIG = 'sallyport.yaml';

/** Beside the configuration: the admin socket by default, and the seed of the built-in decoy. */
export const STATE_FOLDER = '.sallyport';

/** The configuration that is read when none is named. */
export const DEFAULT_CONFIG = 'sallyport.yaml';

// What importScripts makes global: the peers come without types, or are installed only when the benchmark runs.
declare const tf: any;
declare const convnetjs: any;
declare const brain: any;
declare function importScripts(...urls: string[]): void;

import { placeholderUrl } from './placeholder';

addEventListener('message', ({ data: base64 }: MessageEvent<string>) => postMessage([base64, placeholderUrl(base64)]));

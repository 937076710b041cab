import { resolve } from 'node:path';

/**
 * Containers and elementary streams that are one file. Playlists (hls, dash, concat), numbered picture patterns, text
 * art and devices are not here, so a file cannot make ffmpeg open another one.
 */
const formats = [
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegtsraw,flv,live_flv,asf,ogg,rm,nut,nsv,mxf,mxf_opatom,gxf,wtv,dv,ivf',
  'h264,hevc,vvc,m4v,mpegvideo,mjpeg,obu,av1,vc1,vc1test,h261,h263,cavsvideo,dirac,dnxhd,yuv4mpegpipe,rawvideo',
  'gif,apng,amv,anm,bink,smk,film_cpk,flic,roq,thp,swf,vivo,lxf,nuv,pva,psxstr,filmstrip,r3d,mv,iv8,ty,webp_pipe',
  'png_pipe,jpeg_pipe,jpegls_pipe,j2k_pipe,jpegxl_pipe,bmp_pipe,tiff_pipe,ppm_pipe,pgm_pipe,pam_pipe,qoi_pipe,exr_pipe',
  'mp3,aac,wav,flac,aiff,w64,caf,ac3,eac3,dts,amr,ape,wv,tta,au,mpc,mpc8,tak,voc,opus',
].join(',');

/** For the global options: which protocols may be used at all. */
const restricted = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', formats] as const;

/**
 * Options that open one file as it is. `file:` and an absolute path keep a name such as `-i.mp4`, `concat:a|b` or
 * `http://x` from being read as an option or a protocol.
 */
export function fileInput(path: string, options: readonly string[] = []): readonly string[] {
  return [...options, ...restricted, '-i', `file:${resolve(path)}`];
}

/** Options that read one file's bytes from standard input. */
export function pipeInput(options: readonly string[] = []): readonly string[] {
  return [...options, ...restricted, '-i', 'pipe:0'];
}

#!/bin/sh
# Prints v1_rows.csv: libvmaf's own features and score of v1.0.16, for pairs that are far apart in feature space.
# usage: FFMPEG=path/to/ffmpeg sh tests/golden/v1_rows.sh > tests/golden/v1_rows.csv
set -eu
FFMPEG=${FFMPEG:-ffmpeg}
MODELS='version=vmaf_v1.0.16_3d0h\:name=vmaf_v1'
COLUMNS='^(case|Frame|cambi_hrs.*|speed_chroma_uv.*|integer_adm3.*|integer_motion3.*|vmaf.*)$'
FOLDER=$(mktemp -d)
trap 'rm -r "$FOLDER"' EXIT

# pair NAME SOURCE REFERENCE_FILTER DISTORTED_FILTER: both are made of one of ffmpeg's own pictures, 640x360
pair() {
  "$FFMPEG" -v error -y -f lavfi -i "$2" -frames:v 4 -filter_complex "[0]format=yuv420p,split[a][b];[a]$3[ref];[b]$4[dis];\
[dis][ref]libvmaf=model='$MODELS':log_fmt=csv:log_path=$FOLDER/log.csv" -f null -
  awk -v OFS=, -v name="$1" 'NR == 1 { print "case", $0; next } { print name, $0 }' "$FOLDER/log.csv"
}

PICTURE=testsrc2=size=640x360:rate=25
FRACTAL=mandelbrot=size=640x360:rate=25:start_scale=0.02:maxiter=300
SLOPE=gradients=size=640x360:rate=25:seed=3:speed=0.01
GRAY=format=gray,format=yuv420p
{
  pair identical "$PICTURE" null null
  pair black color=black:size=640x360:rate=25 null null
  pair blurred "$FRACTAL" null gblur=2
  pair softened "$PICTURE" null gblur=0.5
  pair destroyed "$FRACTAL" null gblur=12
  pair gray "$FRACTAL" "$GRAY" "$GRAY,gblur=2"
  pair gray_mild "$PICTURE" "$GRAY" "$GRAY,gblur=0.5"
  pair luma_only "$FRACTAL" null gblur=2:planes=1
  pair chroma_only "$FRACTAL" null gblur=4:planes=6
  pair noisy "$PICTURE" null noise=alls=20:all_seed=1
  pair smaller "$PICTURE" null scale=200:112,scale=640:360
  pair banded "$SLOPE" null "lutyuv=y=trunc(val/8)*8"
  pair banded_more "$SLOPE" null "lutyuv=y=trunc(val/16)*16:u=trunc(val/8)*8:v=trunc(val/8)*8"
} | awk -F, -v OFS=, -v columns="$COLUMNS" '
  NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ columns) kept[++n] = i }
  NR == 1 || $1 != "case" { for (i = 1; i <= n; i++) printf "%s%s", $kept[i], i < n ? OFS : "\n" }'

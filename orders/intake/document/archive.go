package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"orderbot/orders"
)

// kindOfArchive tells an Office file by its main part. An archive with an encrypted entry counts as encrypted.
func kindOfArchive(data []byte) string {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		// A cut-off download still shows its first names: say that it is damaged, not unknown.
		switch {
		case bytes.Contains(data, []byte("xl/")):
			return "xlsx"
		case bytes.Contains(data, []byte("word/")):
			return "docx"
		}
		return ""
	}
	kind := ""
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return "encrypted"
		}
		switch f.Name {
		case "xl/workbook.xml":
			kind = "xlsx"
		case "word/document.xml":
			kind = "docx"
		}
	}
	return kind
}

// harmless refuses an archive that no office program writes: one that would unpack to more than is sensible, whatever
// its headers claim, with names that lead out of it, or with entities of its own in its XML; and one with macros. Each part
// is unpacked once, counted and thrown away.
func harmless(z *zip.Reader) error {
	const maxParts, maxAll = 2000, 4 * maxInside
	if len(z.File) > maxParts {
		return tooLarge(errTooLarge)
	}
	all := int64(0)
	for _, f := range z.File {
		name := strings.Split(strings.ReplaceAll(f.Name, `\`, "/"), "/")
		switch {
		case strings.EqualFold(name[len(name)-1], "vbaProject.bin"):
			return orders.Errorf(orders.CodeInvalid, "文件带宏，为安全起见没有打开，请另存为不带宏的 .xlsx 或 .docx 再发。")
		case slices.Contains(name, ".."):
			return unsafe(fmt.Errorf("part named %q", f.Name))
		}
		n, head, err := unpacked(f)
		if err != nil {
			return damaged(err)
		}
		if all += n; n > maxInside || all > maxAll {
			return tooLarge(errTooLarge)
		}
		if bytes.Contains(head, []byte("<!DOCTYPE")) || bytes.Contains(head, []byte("<!ENTITY")) {
			return unsafe(fmt.Errorf("entities in %q", f.Name))
		}
	}
	return nil
}

// unpacked returns a part's size and how it begins.
func unpacked(f *zip.File) (int64, []byte, error) {
	r, err := f.Open()
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil, err
	}
	rest, err := io.Copy(io.Discard, io.LimitReader(r, maxInside+1))
	return int64(n) + rest, head[:n], err
}

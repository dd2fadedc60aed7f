package document

import (
	"archive/zip"
	"bytes"
	"io"
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

// bounded refuses an archive that would unpack to more than is sensible, whatever its headers claim: each part is
// unpacked once, counted and thrown away.
func bounded(z *zip.Reader) error {
	const maxParts, maxAll = 2000, 4 * maxInside
	if len(z.File) > maxParts {
		return tooLarge(errTooLarge)
	}
	all := int64(0)
	for _, f := range z.File {
		n, err := unpackedSize(f)
		if err != nil {
			return damaged(err)
		}
		if all += n; n > maxInside || all > maxAll {
			return tooLarge(errTooLarge)
		}
	}
	return nil
}

func unpackedSize(f *zip.File) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(io.Discard, io.LimitReader(r, maxInside+1))
}

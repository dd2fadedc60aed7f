package wecom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

const (
	xmlDepth    = 16
	xmlElements = 4096
)

// DecodeXML decodes a platform's XML into v. It refuses document types (and so own entities), deep
// or endless nesting, and anything but one complete root element; characters that XML forbids
// are dropped, so that what a person pasted can't make a signed message unreadable.
func DecodeXML(data []byte, v any) error {
	data = cleanXML(data)
	d := xml.NewDecoder(bytes.NewReader(data))
	depth, elements, roots := 0, 0, 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("decode XML: %w", err)
		}
		switch token.(type) {
		case xml.Directive:
			return errors.New("decode XML: a document type is not allowed")
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
			elements++
		case xml.EndElement:
			depth--
		}
		if depth > xmlDepth || elements > xmlElements || roots > 1 {
			return errors.New("decode XML: too much")
		}
	}
	if depth != 0 || roots != 1 {
		return errors.New("decode XML: not one complete element")
	}
	if err := xml.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode XML: %w", err)
	}
	return nil
}

func cleanXML(data []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r < 0xFFFE, r >= 0x10000:
			return r
		default:
			return -1
		}
	}, data)
}

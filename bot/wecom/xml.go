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
	guard := &xmlGuard{raw: xml.NewDecoder(bytes.NewReader(cleanXML(data)))}
	d := xml.NewTokenDecoder(guard)
	err := d.Decode(v)
	for err == nil { // what stands behind the root
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("decode XML: %w", err)
	}
	if guard.depth != 0 || guard.roots != 1 {
		return errors.New("decode XML: not one complete element")
	}
	return nil
}

// xmlGuard hands on tokens as long as they are what a platform may send.
type xmlGuard struct {
	raw                    *xml.Decoder
	depth, elements, roots int
}

// Token implements [xml.TokenReader].
func (g *xmlGuard) Token() (xml.Token, error) {
	token, err := g.raw.RawToken()
	if err != nil {
		return nil, err
	}
	switch token.(type) {
	case xml.Directive:
		return nil, errors.New("a document type is not allowed")
	case xml.StartElement:
		if g.depth == 0 {
			g.roots++
		}
		g.depth++
		g.elements++
	case xml.EndElement:
		g.depth--
	}
	if g.depth > xmlDepth || g.elements > xmlElements || g.roots > 1 {
		return nil, errors.New("too much")
	}
	return token, nil
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

package document

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	_ "image/gif"  // decoder of pictures
	_ "image/jpeg" // decoder of pictures
	_ "image/png"  // decoder of pictures

	_ "golang.org/x/image/bmp" // decoder of pictures
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // decoder of pictures

	"orderbot/orders"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

// picture decodes and reads one picture; of an animation, the first frame.
func (o Opener) picture(ctx context.Context, data []byte) (*page.Document, error) {
	picture, err := decodePicture(data)
	if err != nil {
		return nil, err
	}
	if o.OCR == nil {
		return nil, noPictures(nil)
	}
	p, err := o.readPicture(ctx, picture)
	if err != nil {
		return nil, err
	}
	return &page.Document{Kind: page.KindOCR, Pages: []page.Page{p}}, nil
}

// readPicture recognises a picture's text and finds its ruled tables.
func (o Opener) readPicture(ctx context.Context, picture image.Image) (page.Page, error) {
	p, err := o.OCR.Recognise(ctx, picture)
	if errors.Is(err, ocr.ErrMissing) {
		return p, noPictures(err)
	}
	if err != nil || o.lines || len(p.Lines) == 0 {
		return p, err
	}
	p = gridded(p, greyPlane(picture, p.Turn, p.Width))
	if lines, ok := o.OCR.(ocr.LineReader); ok {
		err = readCells(ctx, lines, picture, &p)
	}
	forgetAreas(p.Tables)
	return p, err
}

// decodePicture decodes a picture, upright as its EXIF orientation says. Its size is checked before anything
// is unpacked.
func decodePicture(data []byte) (image.Image, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(err)
	}
	if config.Width <= 0 || config.Height <= 0 {
		return nil, damaged(nil)
	}
	if int64(config.Width)*int64(config.Height) > MaxPixels {
		return nil, orders.Errorf(orders.CodeInvalid, "图片有 %d×%d 像素，太大了，请缩小或截图再发。", config.Width, config.Height)
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(err)
	}
	if format == "jpeg" {
		picture = oriented(picture, exifOrientation(data))
	}
	return picture, nil
}

// exifOrientation finds the orientation tag (1 to 8) in a JPEG's APP1 segment; 1 where there is none.
func exifOrientation(jpeg []byte) int {
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xff; {
		marker, size := jpeg[at+1], int(binary.BigEndian.Uint16(jpeg[at+2:]))
		if marker == 0xda || size < 2 || at+2+size > len(jpeg) {
			return 1
		}
		body := jpeg[at+4 : at+2+size]
		if marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return tiffOrientation(body[6:])
		}
		at += 2 + size
	}
	return 1
}

func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	for i := range int64(order.Uint16(tiff[at:])) {
		entry := at + 2 + i*12
		if entry+12 > int64(len(tiff)) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			if v := int(order.Uint16(tiff[entry+8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}

// oriented turns and mirrors a picture as EXIF orientation o asks.
func oriented(picture image.Image, o int) image.Image {
	if o <= 1 || o > 8 {
		return picture
	}
	b := picture.Bounds()
	src := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(src, src.Rect, picture, b.Min, draw.Src)
	w, h := b.Dx(), b.Dy()
	if o >= 5 {
		w, h = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			var sx, sy int
			switch o {
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}

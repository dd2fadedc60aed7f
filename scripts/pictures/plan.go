package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// The kinds, by which the figures are given.
const (
	kindScreen = "clean screenshot"
	kindFlat   = "flat form"
	kindPhoto  = "ordinary photo"
	kindHard   = "turned or blurred"
	kindFax    = "fax, dot matrix"
	kindWorn   = "carbon, faded, sealed"
)

// planned is a page with what happens to it once it is drawn: quality is that of JPEG, 0 for PNG.
type picture struct {
	page    sheet
	effect  func(chance, *raster) *raster
	quality int
	chance  chance
}

// planned lists all pictures with their fields.
func planned(seed uint64) ([]truth, []picture) {
	var all []truth
	var pages []picture
	add := func(name, kind string, n int, quality int, page func(c chance, i int) sheet, effect func(c chance, i int, r *raster) *raster) {
		for i := range n {
			c := chance{rand.New(rand.NewPCG(seed, uint64(len(all))))} //nolint:gosec // the same pictures each time
			p := picture{page: page(c, i), quality: quality, chance: c}
			if effect != nil {
				p.effect = func(c chance, r *raster) *raster { return effect(c, i, r) }
			}
			var fields []string
			p.page.html, fields = plain(p.page.html)
			extension := "png"
			if quality > 0 {
				extension = "jpg"
			}
			all = append(all, truth{fmt.Sprintf("%s-%02d.%s", name, i+1, extension), kind, fields})
			pages = append(pages, p)
		}
	}
	heads, rules := []string{"two", "one", "two", "none"}, []string{"all", "across", "none", "all"}
	extras := []string{"plain", "merged", "wrapped", "subtotals", "twoRows", "beside"}
	paper := func(f formStyle) func(c chance, i int) sheet {
		return func(c chance, i int) sheet {
			g := f
			g.font = fonts[i%len(fonts)]
			if g.rules == "" {
				g.rules = rules[i%len(rules)]
			}
			g.head = heads[(i+i/4)%len(heads)]
			g.extra = extras[i%len(extras)]
			if (g.extra == "merged" || g.extra == "twoRows") && g.rules == "none" {
				g.rules = "across"
			}
			g.size = 13 + i%4
			return form(c, g)
		}
	}
	black := formStyle{ink: "#1a1a1a", paper: "#fff", line: "#555"}
	add("chat-light", kindScreen, 7, 0, func(c chance, _ int) sheet { return chat(c, false) }, nil)
	add("chat-dark", kindScreen, 4, 0, func(c chance, _ int) sheet { return chat(c, true) }, nil)
	add("chat-sent", kindScreen, 3, 72, func(c chance, i int) sheet { return chat(c, i == 1) }, func(_ chance, _ int, r *raster) *raster { return r.scaled(720) })
	add("sheet", kindScreen, 7, 0, func(c chance, _ int) sheet { return spreadsheet(c) }, nil)
	add("form", kindFlat, 12, 0, paper(black), nil)
	red := black
	red.seal = "#d8202a"
	add("seal-red", kindFlat, 4, 0, paper(red), nil)
	scan := func(c chance, _ int, r *raster) *raster {
		return r.photographedFlat((c.Float64()-0.5)*2).noisy(c, 3)
	}
	add("scan", kindFlat, 4, 80, paper(black), scan)
	photo := func(c chance, _ int, r *raster) *raster {
		return r.photographed(c, 0.04+0.05*c.Float64(), (c.Float64()-0.5)*6).shadow(c).blur(0.5+0.5*c.Float64()).noisy(c, 4)
	}
	add("photo", kindPhoto, 10, 78, paper(black), photo)
	add("photo-seal", kindPhoto, 2, 78, paper(red), photo)
	add("photo-curved", kindPhoto, 2, 78, paper(black), func(c chance, i int, r *raster) *raster {
		return photo(c, i, r.curved(0.006+0.006*c.Float64()))
	})
	add("photo-screen", kindPhoto, 3, 82, func(c chance, _ int) sheet { return spreadsheet(c) }, func(c chance, _ int, r *raster) *raster {
		return r.scaled(1800).moire(c).photographed(c, 0.05, (c.Float64()-0.5)*4).blur(0.6).noisy(c, 3)
	})
	add("turned", kindHard, 4, 78, paper(black), func(c chance, i int, r *raster) *raster { return photo(c, i, r).turned(1 + i%3) })
	add("leaning", kindHard, 4, 78, paper(black), func(c chance, i int, r *raster) *raster {
		return r.photographed(c, 0.08, (8+8*c.Float64())*float64(1-2*(i%2))).shadow(c).blur(0.8).noisy(c, 4)
	})
	add("blurred", kindHard, 5, 70, paper(black), func(c chance, i int, r *raster) *raster {
		r = r.photographed(c, 0.05, (c.Float64()-0.5)*5).shadow(c)
		if i%2 == 0 {
			return r.swept(4+3*c.Float64(), c.Float64()*3).noisy(c, 5)
		}
		return r.blur(1.6+0.6*c.Float64()).noisy(c, 5)
	})
	add("fax", kindFax, 6, 0, paper(black), func(c chance, i int, r *raster) *raster { return r.faxed(c, i%3 != 2) })
	matrix := black
	matrix.slashed, matrix.rules = true, ""
	add("dots", kindFax, 6, 85, paper(matrix), func(c chance, _ int, r *raster) *raster { return r.dots(c, 1280).scaled(1900).noisy(c, 3) })
	carbon := formStyle{ink: "#5a4a9a", paper: "#f6d9dd", line: "#9a8ac0"}
	add("carbon", kindWorn, 3, 80, paper(carbon), func(c chance, _ int, r *raster) *raster { return r.patchy(c, 0.6).blur(0.9).noisy(c, 4) })
	faded := formStyle{ink: "#a8a29a", paper: "#efe9da", line: "#cfc8b8"}
	add("faded", kindWorn, 3, 78, paper(faded), func(c chance, _ int, r *raster) *raster { return r.patchy(c, 0.35).shadow(c).noisy(c, 3) })
	grey := black
	grey.seal = "#888"
	add("seal-grey", kindWorn, 4, 80, paper(grey), scan)
	return all, pages
}

// drawn makes the pictures that are not in the folder: Chromium draws the pages.
func drawn(ctx context.Context, folder string, all []truth, pages []picture) error {
	profile, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(profile)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("font-render-hinting", "none"))
	browser, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	tab, end := chromedp.NewContext(browser)
	defer end()
	for i, p := range pages {
		if _, err := os.Stat(filepath.Join(folder, all[i].File)); err == nil {
			continue
		}
		shot, err := screenshot(tab, p.page)
		if err != nil {
			return fmt.Errorf("%s: %w", all[i].File, err)
		}
		im, err := png.Decode(bytes.NewReader(shot))
		if err != nil {
			return err
		}
		if p.effect != nil {
			im = p.effect(p.chance, fromImage(im)).image()
		}
		if err := save(filepath.Join(folder, all[i].File), im, p.quality); err != nil {
			return err
		}
	}
	return nil
}

func screenshot(tab context.Context, s sheet) ([]byte, error) {
	if err := chromedp.Do(tab, chromedp.EmulateViewport(int64(s.width), 600, chromedp.EmulateScale(s.scale)),
		chromedp.Navigate("data:text/html;charset=utf-8,"+url.PathEscape(s.html))); err != nil {
		return nil, err
	}
	return chromedp.Run(tab, chromedp.FullScreenshot(100))
}

func save(path string, im image.Image, quality int) error {
	var b bytes.Buffer
	var err error
	if quality > 0 {
		err = jpeg.Encode(&b, im, &jpeg.Options{Quality: quality})
	} else {
		err = png.Encode(&b, im)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/page"
)

// orderPage is a recogniser that sees an order in any picture: one line whose quantity it sees badly, and more.
type orderPage struct {
	score float64
	more  [][]string
}

func (o orderPage) Recognise(_ context.Context, picture image.Image) (page.Page, error) {
	p := page.Page{Width: float64(picture.Bounds().Dx()), Height: float64(picture.Bounds().Dy())}
	rows := append([][]string{{"客户：澜州市第一人民医院"}, {"品名", "数量", "单位"}, {"医用外科口罩 平面型 耳挂式 50只", "38", "盒"}}, o.more...)
	for i, row := range rows {
		for k, text := range row {
			x, y := 40+float64(k)*160, 20+float64(i)*36
			l := page.Line{Text: text, Score: 1, Back: -1, Box: [4]page.Point{{X: x, Y: y}, {X: x + 100, Y: y}, {X: x + 100, Y: y + 24}, {X: x, Y: y + 24}}}
			if text == "38" || text == "46" {
				l.Score = o.score
			}
			p.Lines = append(p.Lines, l)
		}
	}
	return p, nil
}

// paper is a white picture; no two are the same.
func paper(t *testing.T, n int) []byte {
	t.Helper()
	im := image.NewGray(image.Rect(0, 0, 560, 240))
	for i := range im.Pix {
		im.Pix[i] = 255
	}
	im.Pix[n] = 0
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, im))
	return b.Bytes()
}

// What is not surely read is asked about with a picture of it, also where a draft has more lines than its card: these are
// listed when the question is answered, or when asked for.
//
// feature: IN-03
func TestDoubtfulCellIsShown(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		for lines, more := range map[string][][]string{"one line": nil, "many lines": {
			{"一次性丁腈检查手套 M码 无粉 100只", "5", "箱"}, {"一次性使用无菌注射器 1ml 带针", "46", "盒"}, {"肝素帽 螺口", "12", "盒"},
		}} {
			t.Run(name+" "+lines, func(t *testing.T) {
				t.Parallel()
				f := newFirm(t, database(t), medical)
				f.sellers(1)
				f.files = inProcess{orderPage{0.5, more}}
				f.serve()
				require.True(t, f.sim.WeCom.SendImage(t.Context(), "seller0", paper(t, 1)).Accepted)
				require.True(t, f.sim.DingTalk.SendPicture(t.Context(), "dt-seller0", paper(t, 2)).OK())
				said := func(screen func() []simulator.Bubble) (n int) {
					for _, b := range screen() {
						if b.From == simulator.FromBot {
							n++
						}
					}
					return n
				}
				for _, screen := range []func() []simulator.Bubble{f.wecom("seller0"), f.dingtalk("dt-seller0")} {
					asked := see(t, "the question", screen, offers("确认下单", "口罩", "38", "看不清"))
					data := f.got(t, see(t, "the cell", screen, isImage))
					cut, err := png.Decode(bytes.NewReader(data))
					require.NoError(t, err)
					require.Less(t, cut.Bounds().Dx(), 560, "a piece of the picture")
					require.Equal(t, more != nil, cut.Bounds().Dy() > 90, "two cells are asked about, or one: %v", cut.Bounds())
					require.LessOrEqual(t, said(screen), 4)
					if more != nil {
						require.True(t, says("还有 1 处要定")(asked))
					}
				}
				require.Equal(t, 3, said(f.wecom("seller0")), "a draft is three messages to a member of WeCom at most")
				if more != nil {
					see(t, "how to see all", f.wecom("seller0"), offers("确认下单", "共 4 行，回复「明细 SO"))
					before := len(f.wecom("seller0")()) // where room allows, the first card lists them all too
					require.True(t, f.sim.WeCom.SendText(t.Context(), "seller0", "38盒").Accepted)
					see(t, "all lines", func() []simulator.Bubble { return f.wecom("seller0")()[before:] }, says("外科口罩", "丁腈检查手套", "注射器", "肝素帽", "4 行"))
				}
			})
		}
	}
}

// slowFiles reads pictures one after the other, each as soon as a turn is given.
type slowFiles struct {
	inProcess

	turns chan struct{}
	one   chan struct{}
	read  *atomic.Int32
}

func newSlowFiles() slowFiles {
	return slowFiles{inProcess: inProcess{orderPage{score: 1}}, turns: make(chan struct{}), one: make(chan struct{}, 1), read: new(atomic.Int32)}
}

func (s slowFiles) Open(ctx context.Context, name string, data []byte, progress func(page, pages int)) (*page.Document, error) {
	select {
	case s.one <- struct{}{}:
		defer func() { <-s.one }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-s.turns:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.read.Add(1)
	return s.inProcess.Open(ctx, name, data, progress)
}

// While pictures of many wait, what others write is answered; the server's end in the middle loses none.
func TestTextsDoNotWaitForPictures(t *testing.T) {
	t.Parallel()
	const pictures = 60
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.sellers(pictures + 1)
	waiting := newSlowFiles()
	f.files = waiting
	f.serve()
	for i := range pictures {
		require.True(t, f.sim.WeCom.SendImage(t.Context(), fmt.Sprintf("seller%d", i), paper(t, i)).Accepted)
	}
	for i := range pictures {
		see(t, "the receipt", f.wecom(fmt.Sprintf("seller%d", i)), says("正在识别"))
	}
	who := fmt.Sprintf("seller%d", pictures)
	require.True(t, f.sim.WeCom.SendText(t.Context(), who, "澜州市第一人民医院 医用外科口罩 平面型 耳挂式 50只 20盒").Accepted)
	see(t, "the draft of a text", f.wecom(who), says("草稿", "口罩"))
	require.Zero(t, waiting.read.Load(), "and all pictures are waiting still")
	for range pictures / 2 {
		waiting.turns <- struct{}{}
	}
	f.stop()
	rest := newSlowFiles()
	close(rest.turns)
	f.files = rest
	f.serve()
	for i := range pictures {
		see(t, "the draft of a picture", f.wecom(fmt.Sprintf("seller%d", i)), says("草稿", "口罩", "38"))
	}
	quiet(t, f.sql(), patience)
	require.EqualValues(t, pictures+1, number(t, f.sql(), "SELECT COUNT(*) FROM orders"), "each once")
}

// longFile has pages, between which time passes.
type longFile struct {
	inProcess

	clock *testClock
}

func (l longFile) Open(ctx context.Context, name string, data []byte, progress func(page, pages int)) (*page.Document, error) {
	for i := range 12 {
		progress(i+1, 12)
		l.clock.advance(5 * time.Second)
	}
	return document.Opener{OCR: orderPage{score: 1}}.Open(ctx, name, data)
}

// A long document says seldom how far it is, and a customer, whose platform lets few messages through, is not told.
func TestProgressOfALongDocument(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.sellers(1)
	f.files = longFile{clock: f.clock}
	f.hold = time.Hour // the clock runs ahead of the claim's renewals, which come by the machine's
	f.serve()
	require.True(t, f.sim.WeCom.SendImage(t.Context(), "seller0", paper(t, 1)).Accepted)
	see(t, "the draft", f.wecom("seller0"), says("草稿", "口罩"))
	var told []string
	for _, b := range f.wecom("seller0")() {
		if b.From == simulator.FromBot && strings.Contains(b.Text, "/12") {
			told = append(told, strings.Trim(b.Text, "\u200b\u200c\u200d\u2060"))
		}
	}
	require.Len(t, told, 2)
	require.Contains(t, told[0], "第 3/12 页")
	require.Contains(t, told[1], "第 7/12 页")
}

// Words that come some time before their file are about it, once; words of long ago, and somebody else's, are not.
func TestWordsBeforeTheirFile(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.files = inProcess{}
	f.serve()
	ctx := t.Context()
	sheet := []byte("产品编码,品名,数量,单位\nP003,医用外科口罩,20,箱\n")
	send := func() (card simulator.Bubble) {
		before := len(f.dingtalk("dt-zhouting")())
		require.True(t, f.sim.DingTalk.SendFile(ctx, "dt-zhouting", "order.csv", sheet).OK())
		return see(t, "the draft", func() []simulator.Bubble { return f.dingtalk("dt-zhouting")()[before:] }, offers("取消", "草稿"))
	}
	words := func(text string) {
		f.ask(f.dingtalk("dt-zhouting"), func() { require.True(t, f.sim.DingTalk.SendText(ctx, "dt-zhouting", text).OK()) })
	}
	words("澜州一院的单子，急单，走德邦\n内部说明：先发老批次")
	card := send()
	require.True(t, says("澜州市第一人民医院", "急单", "德邦")(card))
	require.Equal(t, []string{"先发老批次"}, texts(t, f.sql(), "SELECT internal_note FROM orders WHERE id = ?", orderNumber.FindString(card.Title+card.Text)))
	require.False(t, says("急单")(send()), "words are used once")
	words("急单，走德邦")
	f.clock.advance(6 * time.Minute)
	require.False(t, says("急单")(send()), "long ago")
}

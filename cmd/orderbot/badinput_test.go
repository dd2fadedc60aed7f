package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/orders/intake/page"
)

// state is all that orders, stock, money and bindings are, as text: what bad input must not change.
func state(t *testing.T, db *sql.DB) []string {
	t.Helper()
	var all []string
	for _, query := range []string{
		"SELECT 'order', id, revision, status, held, total, customer, close_reason FROM orders ORDER BY id",
		"SELECT 'line', order_id, no, product, base, reserved FROM order_lines ORDER BY order_id, no",
		"SELECT 'node', order_id, seq, status, decided_by, reason FROM order_nodes ORDER BY order_id, seq",
		"SELECT 'parcel', order_id, no, tracking FROM shipments ORDER BY order_id, no",
		"SELECT 'hold', order_id, line, kind, quantity FROM reservations ORDER BY order_id, line, kind",
		"SELECT 'stock', product, on_hand, reserved, allocated FROM stock ORDER BY product, warehouse",
		"SELECT 'credit', customer, held, invoiced, paid FROM credit ORDER BY customer",
		"SELECT 'binding', platform, person, customer FROM bindings ORDER BY platform, person, customer",
		"SELECT 'audit', order_id, action, actor FROM audit ORDER BY id",
	} {
		all = append(all, texts(t, db, query)...)
	}
	return all
}

// Forged, foreign, stale and broken envelopes are refused without a word and leave nothing behind.
//
// feature: SC-07
func TestBadEnvelopes(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.sim.ServiceAccount.AddFollower("openid-he", "何文静", "")
			f.serve()
			db, ctx := f.sql(), t.Context()
			require.NoError(t, f.sim.WeCom.VerifyURL(ctx))
			require.NoError(t, f.sim.KF.VerifyURL(ctx))
			require.NoError(t, f.sim.ServiceAccount.VerifyURL(ctx))
			quiet(t, db, patience)
			// 微信客服's messages stand in the platform's own log, whatever its callback looked like, and may be
			// pulled from there at the server's start.
			kept := func() []string {
				return append(state(t, db), texts(t, db, "SELECT platform, msg_key FROM inbox WHERE platform <> 'kf'")...)
			}
			before := kept()
			doors := map[string]func(o ...simulator.SendOption) simulator.Delivery{
				"wecom": func(o ...simulator.SendOption) simulator.Delivery {
					return f.sim.WeCom.SendText(ctx, "zhouting", "澜州一院 外科口罩20箱", o...)
				},
				"kf": func(o ...simulator.SendOption) simulator.Delivery {
					return f.sim.KF.SendText(ctx, "wm-he", "外科口罩20箱", o...)
				},
				"service account": func(o ...simulator.SendOption) simulator.Delivery {
					return f.sim.ServiceAccount.SendText(ctx, "openid-he", "我的订单到哪了", o...)
				},
			}
			for door, send := range doors {
				for tamper, status := range map[simulator.Tamper]int{
					simulator.BadSignature: 403, simulator.MissingSignature: 403, simulator.ForeignReceiver: 403, simulator.ForeignKey: 403,
					simulator.Truncated: 403, simulator.OversizedLength: 403, simulator.StaleTimestamp: 403, simulator.FutureTimestamp: 403,
					simulator.BrokenXML: 403, simulator.EntityBomb: 403, simulator.HugeBody: 413, simulator.BrokenContent: 200,
				} {
					d := send(simulator.Tampered(tamper))
					require.Len(t, d.Attempts, 1, "%s, tamper %d", door, tamper)
					require.Equal(t, status, d.Attempts[0].Status, "%s, tamper %d: %s", door, tamper, d.Attempts[0].Err)
					require.Empty(t, d.Attempts[0].Body, "%s, tamper %d", door, tamper)
				}
			}
			// Well-signed, but what is inside are entities, or nothing of use.
			c := f.sim.Credentials().WeCom
			box, err := simulator.NewBox(c.Token, c.AESKey, c.CorpID)
			require.NoError(t, err)
			stamp := fmt.Sprint(f.clock.now().Unix())
			post := func(path string, query url.Values, body string) (int, string) {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.address+path+"?"+query.Encode(), strings.NewReader(body))
				require.NoError(t, err)
				resp, err := http.DefaultClient.Do(req)
				require.NoError(t, err)
				defer resp.Body.Close()
				var b bytes.Buffer
				_, err = b.ReadFrom(resp.Body)
				require.NoError(t, err)
				return resp.StatusCode, b.String()
			}
			for _, inner := range []string{
				`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><FromUserName>zhouting</FromUserName><MsgType>text</MsgType><MsgId>1</MsgId><Content>&b;&b;</Content></xml>`,
				`<xml></xml>`, `<xml><MsgType>event</MsgType><Event>unheard_of</Event><FromUserName>zhouting</FromUserName></xml>`, ``, `{"json":true}`,
			} {
				secret := box.Encrypt("0123456789abcdef", []byte(inner))
				status, body := post("/callback/wecom", url.Values{"timestamp": {stamp}, "nonce": {"1"}, "msg_signature": {box.Signature(stamp, "1", secret)}},
					"<xml><Encrypt>"+secret+"</Encrypt></xml>")
				require.Equal(t, http.StatusOK, status, inner)
				require.Empty(t, body, inner)
			}
			for _, path := range []string{"/callback/wecom", "/callback/kf", "/callback/service-account"} {
				status, _ := post(path, nil, strings.Repeat("x", 3<<20))
				require.Equal(t, http.StatusRequestEntityTooLarge, status, path)
				status, _ = post(path, nil, "")
				require.Equal(t, http.StatusForbidden, status, path)
			}
			status, _ := post("/callback/kuaidi100/unknown", nil, "sign=0&param={}")
			require.Equal(t, http.StatusForbidden, status)
			quiet(t, db, patience)
			require.Equal(t, before, kept())

			// The longest padding is no mistake, and the server goes on working.
			require.True(t, f.sim.WeCom.SendText(ctx, "zhouting", "帮助", simulator.Tampered(simulator.FullPadding)).Accepted)
			see(t, "help", f.wecom("zhouting"), says("您可以这样用"))
		})
	}
}

// emptyPages is a recogniser that sees nothing in any picture.
type emptyPages struct{}

func (emptyPages) Recognise(_ context.Context, picture image.Image) (page.Page, error) {
	return page.Page{Width: float64(picture.Bounds().Dx()), Height: float64(picture.Bounds().Dy())}, nil
}

// Whatever cannot be used gets one clear sentence, and nothing is changed by it.
//
// feature: IN-14
func TestUselessMessages(t *testing.T) {
	t.Parallel()
	var white bytes.Buffer
	blank := image.NewGray(image.Rect(0, 0, 400, 300))
	for i := range blank.Pix {
		blank.Pix[i] = 255
	}
	require.NoError(t, png.Encode(&white, blank))
	book := excelize.NewFile()
	require.NoError(t, book.SetCellValue("Sheet1", "A1", "外科口罩"))
	var locked bytes.Buffer
	require.NoError(t, book.Write(&locked, excelize.Options{Password: "geheim"}))
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("a.dwg")
	require.NoError(t, err)
	_, err = w.Write([]byte("drawing"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	noise := make([]byte, 4000)
	_, _ = rand.Read(noise)
	pdf, err := os.ReadFile(filepath.Join(corpus, "files/pdf-01.pdf"))
	require.NoError(t, err)

	type way struct {
		what, want string
		send       func(f *firm, ctx context.Context, who string) any
	}
	text := func(words string) func(f *firm, ctx context.Context, who string) any {
		return func(f *firm, ctx context.Context, who string) any { return f.sim.WeCom.SendText(ctx, who, words) }
	}
	raw := func(kind, inner string) func(f *firm, ctx context.Context, who string) any {
		return func(f *firm, ctx context.Context, who string) any {
			return f.sim.WeCom.SendRaw(ctx, who, "<MsgType><![CDATA["+kind+"]]></MsgType>"+inner)
		}
	}
	picture := func(data []byte) func(f *firm, ctx context.Context, who string) any {
		return func(f *firm, ctx context.Context, who string) any { return f.sim.WeCom.SendImage(ctx, who, data) }
	}
	file := func(name string, data []byte) func(f *firm, ctx context.Context, who string) any {
		return func(f *firm, ctx context.Context, who string) any {
			return f.sim.DingTalk.SendFile(ctx, "dt-"+who, name, data)
		}
	}
	ways := []way{
		{"empty text", "空消息", text("")},
		{"blanks", "空消息", text(" \n ")},
		{"smile", "好的", text("😀")},
		{"sticker", "看不了", raw("emotion", "")},
		{"place", "位置", raw("location", "<Location_X>23</Location_X><Location_Y>113</Location_Y>")},
		{"video", "视频", raw("video", "<MediaId>1</MediaId>")},
		{"voice", "语音我还听不了", func(f *firm, ctx context.Context, who string) any {
			return f.sim.WeCom.SendVoice(ctx, who, []byte("#!AMR"))
		}},
		{"voice in DingTalk", "语音我还听不了", func(f *firm, ctx context.Context, who string) any {
			return f.sim.DingTalk.SendAudio(ctx, "dt-"+who, []byte("ogg"))
		}},
		{"unknown in DingTalk", "看不了", func(f *firm, ctx context.Context, who string) any {
			return f.sim.DingTalk.SendRaw(ctx, "dt-"+who, "unknownMsgType", map[string]any{"unknownMsgType": "表情"})
		}},
		{"picture without an order", "没有看到订单", picture(white.Bytes())},
		{"damaged picture", "损坏", picture(white.Bytes()[:len(white.Bytes())/2])},
		{"no picture at all", "读不了", picture(noise)},
		{"damaged PDF", "损坏", file("order.pdf", pdf[:300])},
		{"empty file", "空的", file("order.xlsx", nil)},
		{"locked workbook", "密码", file("order.xlsx", locked.Bytes())},
		{"40 MB", "超过 20 MB", file("order.pdf", append(bytes.Clone(pdf), make([]byte, 40<<20-len(pdf))...))},
		{"archive", "读不了", file("order.zip", archive.Bytes())},
		{"drawing", "读不了", file("plan.dwg", noise)},
		{"talk", "好的", text("今天天气不错")},
		{"cancel of what", "要取消哪一单", text("取消上一单")},
		{"unknown order", "没有查到", text("进度 SO202603110012")},
		{"confirm of nothing", "没有查到", text("确认 SO202603110012")},
		{"cancel of nothing", "没有查到", text("取消 SO202603110012")},
		{"foreign trade", "权限", text("发货 SO202603110012 SF1234567890123")},
	}
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.sellers(len(ways))
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.files = inProcess{emptyPages{}}
			f.serve()
			f.bind(map[string]orders.CustomerCode{"wm-he": "C001"})
			db := f.sql()
			before := state(t, db)
			for i, way := range ways {
				t.Run(way.what, func(t *testing.T) { //nolint:paralleltest // what is compared is the one database
					who := fmt.Sprintf("seller%d", i)
					switch sent := way.send(f, t.Context(), who).(type) {
					case simulator.Delivery:
						require.True(t, sent.Accepted, "%+v", sent)
					case simulator.Push:
						require.True(t, sent.OK(), "%+v", sent)
					}
					screen := func() []simulator.Bubble { return append(f.sim.WeCom.Screen(who), f.sim.DingTalk.Screen("dt-"+who)...) }
					see(t, way.want, screen, says(way.want))
					quiet(t, db, patience)
					words := 0
					for _, b := range screen() {
						if b.From == simulator.FromBot && !says("收到，正在识别")(b) {
							words++
						}
					}
					require.Equal(t, 1, words, "%+v", screen())
					require.Equal(t, before, state(t, db))
				})
			}
			// A customer's too large file arrives as the platform's own words.
			require.True(t, f.sim.KF.SendFile(t.Context(), "wm-he", "order.pdf", make([]byte, 40<<20)).Accepted)
			see(t, "too large", f.kf("wm-he"), says("太大"))
			quiet(t, db, patience)
			require.Equal(t, before, state(t, db))
		})
	}
}

// An order of goods that nobody knows is asked about and cannot be confirmed.
func TestOrderOfUnknownGoods(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			db, ctx := f.sql(), t.Context()
			require.True(t, f.sim.WeCom.SendText(ctx, "zhouting", "澜州一院要 量子纠缠仪3台").Accepted)
			asked := see(t, "question", f.wecom("zhouting"), says("量子纠缠仪"))
			quiet(t, db, patience)
			if id := orderNumber.FindString(asked.Text + asked.Title + string(asked.Card)); id != "" {
				before := state(t, db)
				require.True(t, f.sim.WeCom.SendText(ctx, "zhouting", "确认 "+id).Accepted)
				see(t, "refusal", f.wecom("zhouting"), says(id, "要您定"))
				require.Equal(t, before, state(t, db))
			}
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM orders WHERE status <> 'draft'"))
		})
	}
}

// spoil changes one letter of a signature.
func spoil(action string) string {
	b := []byte(action)
	at := len(b) - 5
	if b[at]++; b[at] == 'z'+1 || b[at] == 'Z'+1 || b[at] == '9'+1 {
		b[at] = 'A'
	}
	return string(b)
}

// A button pressed twice, too late, on an old card, with forged content or by somebody without the
// right changes nothing and says so.
//
// feature: AP-20
func TestBadPresses(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.sellers(4)
			f.stock()
			f.serve()
			db, ctx := f.sql(), t.Context()
			// refused presses in WeCom, and asserts that only words come of it.
			refused := func(who string, b simulator.Bubble, key string, words ...string) {
				t.Helper()
				quiet(t, db, patience)
				before, told := state(t, db), len(f.sim.WeCom.Screen(who))
				d := f.sim.WeCom.Click(ctx, who, b.TaskID, key, simulator.Forced())
				require.NoError(t, d.Err)
				require.True(t, d.Accepted)
				see(t, strings.Join(words, " "), func() []simulator.Bubble { return f.sim.WeCom.Screen(who)[told:] }, says(words...))
				quiet(t, db, patience)
				require.Equal(t, before, state(t, db))
			}
			button := func(b simulator.Bubble, text string) string {
				t.Helper()
				key, ok := buttonOf(b, text)
				require.True(t, ok, text)
				return key
			}

			// Confirmed twice; cancelled afterwards on the old card.
			id, card := f.draft(t, "seller0", fmt.Sprintf(goods["medical"], 20))
			confirm, cancel := button(card, "确认下单"), button(card, "取消")
			f.press(t, "seller0", card, "确认下单")
			see(t, "placed", f.wecom("seller0"), says("已下单", id))
			refused("seller0", card, confirm, id, "已提交")
			before := state(t, db)
			require.True(t, f.sim.WeCom.SendText(ctx, "seller0", "确认 "+id).Accepted)
			see(t, "in words too", f.wecom("seller0"), says(id, "不用再操作"))
			quiet(t, db, patience)
			require.Equal(t, before, state(t, db))

			// Forged: junk, another person's button, a button of another kind of card.
			_, own := f.draft(t, "seller1", fmt.Sprintf(goods["medical"], 21))
			refused("seller1", own, "Axxxxxxxxxxxxxxxxxxxxxxxxxx", "无效")
			refused("seller1", own, spoil(confirm), "无效")
			refused("seller1", own, cancel, "没有查到订单 "+id)
			refused("seller1", own, confirm, "没有查到订单 "+id)

			// Stale: the draft was changed after its card.
			require.True(t, f.sim.WeCom.SendText(ctx, "seller1", "丁腈手套改成12箱").Accepted)
			see(t, "changed", f.wecom("seller1"), says("12箱", "第 2 版"))
			refused("seller1", own, button(own, "确认下单"), "旧的")
			refused("seller1", own, button(own, "取消"), "旧的")

			// After its cancellation.
			gone, third := f.draft(t, "seller2", fmt.Sprintf(goods["medical"], 22))
			f.press(t, "seller2", third, "取消")
			see(t, "cancelled", f.wecom("seller2"), says("已取消", gone))
			refused("seller2", third, button(third, "确认下单"), gone, "已取消")
			refused("seller2", third, button(third, "取消"), gone, "已经取消")

			// Approval: twice, by a stranger to the role, with a forged action.
			approval := see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id))
			agree := button(approval, "同意")
			pressed := func(who, action string, words ...string) {
				t.Helper()
				quiet(t, db, patience)
				before, told := state(t, db), len(f.sim.DingTalk.Screen(who))
				p := f.sim.DingTalk.Click(ctx, who, approval.TaskID, action, simulator.Forced())
				require.True(t, p.OK(), "%+v", p)
				see(t, strings.Join(words, " "), func() []simulator.Bubble { return f.sim.DingTalk.Screen(who)[told:] }, says(words...))
				quiet(t, db, patience)
				require.Equal(t, before, state(t, db))
			}
			pressed("dt-seller0", agree, "没有这一步的权限")
			pressed("dt-seller3", agree, "没有查到")
			pressed("dt-wangmin", spoil(agree), "无效")
			require.True(t, f.sim.DingTalk.Click(ctx, "dt-wangmin", approval.TaskID, agree).OK())
			see(t, "approved", f.wecom("seller0"), says(id, "已批准"))
			f.clock.advance(2 * time.Minute) // a press much later is a press of its own
			pressed("dt-wangmin", agree, id, "不用再操作")

			// After the draft's time.
			late, fourth := f.draft(t, "seller3", fmt.Sprintf(goods["medical"], 23))
			quiet(t, db, patience)
			f.clock.advance(24*time.Hour + time.Minute)
			eventually(t, patience, "expiry", func() bool { return f.status(t, late) == orders.StatusClosed }, func() string { return late })
			refused("seller3", fourth, button(fourth, "确认下单"), late, "已过期")
			sound(t, db)
		})
	}
}

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"image"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/orders/intake/page"
)

// got is the content of the file that a bubble shows.
func (f *firm) got(t *testing.T, b simulator.Bubble) []byte {
	t.Helper()
	data, _, ok := f.sim.Media(b.MediaID)
	require.True(t, ok)
	return data
}

// file fits a file of that name, sent by the bot.
func file(name string) func(simulator.Bubble) bool {
	return func(b simulator.Bubble) bool { return b.MediaID != "" && b.FileName == name }
}

func isImage(b simulator.Bubble) bool { return b.Kind == "image" }

// contract is a file as people sign it; no two of different n are the same.
func contract(t *testing.T, n byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("合同.txt")
	require.NoError(t, err)
	_, err = w.Write([]byte{n})
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// nothingSeen is a recogniser that sees no writing in any picture.
type nothingSeen struct{}

func (nothingSeen) Recognise(context.Context, image.Image) (page.Page, error) {
	return page.Page{Width: 560, Height: 240}, nil
}

// What people send about an order at whatever stage is kept with it: sent together with its number, after 「加附件」, while a
// draft is open, or said afterwards to be no order. Who may have it gets it back as it was; the warehouse, a colleague who
// doesn't see the order, another customer, and a stranger don't.
//
// feature: IN-13
func TestFilesOfAnOrder(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.files = inProcess{nothingSeen{}}
			f.stock()
			f.sim.DingTalk.AddPerson("dt-visitor", "访客", "")
			for _, who := range []string{"wm-one", "wm-two"} {
				f.sim.KF.AddCustomer(who, who, "")
			}
			f.serve()
			f.bind(map[string]orders.CustomerCode{"wm-one": "C001", "wm-two": "C003"})
			ctx, db := t.Context(), f.sql()
			// Of each chat only what came after the last thing that was said there.
			ding := func(who, text string) func() []simulator.Bubble {
				before := len(f.dingtalk(who)())
				require.True(t, f.sim.DingTalk.SendText(ctx, who, text).OK())
				return func() []simulator.Bubble { return f.dingtalk(who)()[before:] }
			}
			send := func(who, name string, data []byte) func() []simulator.Bubble {
				before := len(f.dingtalk(who)())
				require.True(t, f.sim.DingTalk.SendFile(ctx, who, name, data).OK())
				return func() []simulator.Bubble { return f.dingtalk(who)()[before:] }
			}
			wecom := func(who, text string) func() []simulator.Bubble {
				before := len(f.wecom(who)())
				require.True(t, f.sim.WeCom.SendText(ctx, who, text).Accepted)
				return func() []simulator.Bubble { return f.wecom(who)()[before:] }
			}
			kf := func(who, text string) func() []simulator.Bubble {
				before := len(f.kf(who)())
				require.True(t, f.sim.KF.SendText(ctx, who, text).Accepted)
				return func() []simulator.Bubble { return f.kf(who)()[before:] }
			}

			// The sheet that an order is read from, and a file that is no order while its draft is open.
			sheet := []byte("产品编码,品名,数量,单位\nP003,医用外科口罩,20,箱\n")
			ding("dt-zhouting", "澜州一院的单子，见附件")
			card := see(t, "draft", send("dt-zhouting", "采购单.csv", sheet), offers("取消", "草稿", "澜州市第一人民医院"))
			id := orderNumber.FindString(card.Title + card.Text)
			csv := []byte("说明\n请按约定送货\n")
			see(t, "kept with the draft", send("dt-zhouting", "送货要求.csv", csv), says("没有看到订单", "附件里", id, "2. 送货要求.csv"))
			f.pressDingTalk("dt-zhouting", card, "确认下单")
			see(t, "placed", f.dingtalk("dt-zhouting"), says("已下单", id))

			// A contract together with the number, and after 「加附件」; the second is kept once.
			signed := contract(t, 1)
			before := len(f.dingtalk("dt-zhouting")())
			f.inOneBreath(func() {
				require.True(t, f.sim.DingTalk.SendText(ctx, "dt-zhouting", id+" 盖章合同").OK())
				require.True(t, f.sim.DingTalk.SendFile(ctx, "dt-zhouting", "合同.zip", signed).OK())
				see(t, "kept", func() []simulator.Bubble { return f.dingtalk("dt-zhouting")()[before:] }, says(id, "3. 合同.zip"))
			})
			see(t, "waiting", ding("dt-zhouting", "加附件 "+id), says(id, "10 分钟"))
			see(t, "kept already", send("dt-zhouting", "合同（副本）.zip", signed), says(id, "3. 合同.zip"))

			// The warehouse's delivery note, by a picture whose place is told only afterwards: after all that was done to the order.
			f.decide(t, id, "同意")
			see(t, "pick message", f.wecom("zhengku"), says("拣货 "+id))
			note := paper(t, 1)
			before = len(f.wecom("zhengku")())
			require.True(t, f.sim.WeCom.SendImage(ctx, "zhengku", note).Accepted)
			see(t, "no order", func() []simulator.Bubble { return f.wecom("zhengku")()[before:] }, says("回复「附件 "))
			see(t, "kept", wecom("zhengku", "附件 "+id), says("附件里", id, "4. 图片.png"))

			// The customer's own photograph.
			photo := paper(t, 2)
			see(t, "waiting", kf("wm-one", "加附件 "+id), says(id, "10 分钟"))
			before = len(f.kf("wm-one")())
			require.True(t, f.sim.KF.SendImage(ctx, "wm-one", photo).Accepted)
			see(t, "kept", func() []simulator.Bubble { return f.kf("wm-one")()[before:] }, says("附件里", "5. 图片.png"))

			// It is listed, and returned as it was to who may have it.
			see(t, "listed", ding("dt-zhouting", "附件 "+id), says("5 个", "1. 采购单.csv", "2. 送货要求.csv", "3. 合同.zip", "周婷", "「盖章合同」", "4. 图片.png", "郑库", "5. 图片.png"))
			see(t, "with the order", ding("dt-zhouting", "进度 "+id), says("附件：5 个", "附件 "+id))
			see(t, "with its lines", wecom("lizhang", "明细 "+id), says("附件：5 个"))
			require.Equal(t, signed, f.got(t, see(t, "the salesperson's", ding("dt-zhouting", "附件 "+id+" 3"), file("合同.zip"))))
			require.Equal(t, sheet, f.got(t, see(t, "finance's", wecom("lizhang", "附件 "+id+" 1"), file("采购单.csv"))))
			require.Equal(t, note, f.got(t, see(t, "the manager's", ding("dt-wangmin", "附件 "+id+" 4"), isImage)))
			require.Equal(t, note, f.got(t, see(t, "its sender's", wecom("zhengku", "附件 "+id+" 4"), file("图片.png"))))
			require.Equal(t, photo, f.got(t, see(t, "the customer's", kf("wm-one", "附件 "+id+" 5"), file("图片.png"))))
			see(t, "as words where the platform takes no such file", ding("dt-zhouting", "附件 "+id+" 1"), says("采购单.csv", "换一个聊天"))

			// And to nobody else.
			for _, screen := range []func() []simulator.Bubble{
				wecom("zhengku", "附件 "+id+" 3"), wecom("wucang", "附件 "+id+" 3"), wecom("wucang", "附件 "+id+" 4"),
			} {
				see(t, "refused", screen, says("没有权限"))
			}
			see(t, "the warehouse's own", wecom("zhengku", "附件 "+id), says("1 个", "4. 图片.png", "另有 4 个"))
			see(t, "a colleague", wecom("chenli", "附件 "+id+" 3"), says("没有查到订单"))
			see(t, "the customer, what the staff sent", kf("wm-one", "附件 "+id+" 3"), says("没有附件 3"))
			see(t, "the customer's list", kf("wm-one", "附件 "+id), says("1 个", "5. 图片.png"))
			see(t, "another customer", kf("wm-two", "附件 "+id+" 5"), says("没有查到订单"))
			see(t, "another customer's list", kf("wm-two", "附件 "+id), says("没有查到订单"))
			see(t, "a stranger", ding("dt-visitor", "附件 "+id+" 3"), says("不在员工名单里"))
			group := f.sim.DingTalk.AddGroup("销售群", "dt-zhouting", "dt-wangmin")
			require.True(t, f.sim.DingTalk.SendText(ctx, "dt-zhouting", "附件 "+id+" 3", simulator.InGroup(group)).OK())
			see(t, "in a group", f.dingtalk("dt-wangmin"), says("不在群里发"))
			quiet(t, db, patience)
			for who, screen := range map[string][]simulator.Bubble{
				"wucang": f.wecom("wucang")(), "chenli": f.wecom("chenli")(), "wm-two": f.kf("wm-two")(), "dt-visitor": f.dingtalk("dt-visitor")(),
			} {
				for _, b := range screen {
					require.False(t, b.From == simulator.FromBot && b.MediaID != "", "%s got a file", who)
				}
			}

			// What is no document is refused, what was sent by mistake taken off again, by its sender alone.
			see(t, "waiting", ding("dt-zhouting", "加附件 "+id), says("10 分钟"))
			see(t, "refused", send("dt-zhouting", "setup.exe", []byte("MZ\x90\x00\x03")), says("不能作附件"))
			see(t, "not theirs", ding("dt-wangmin", "移除附件 "+id+" 3"), says("只有发的人或管理员"))
			see(t, "taken off", ding("dt-zhouting", "移除附件 "+id+" 3"), says("已从", "3. 合同.zip"))
			see(t, "gone", ding("dt-wangmin", "附件 "+id+" 3"), says("没有附件 3"))
			require.Equal(t, []string{"S01 添加附件 ", "S01 添加附件 ", "S21 添加附件 ", "C001 添加附件 ", "S01 移除附件 3. 合同.zip（1 KB）"},
				texts(t, db, "SELECT actor, action, before_text FROM audit WHERE order_id = ? AND action LIKE '%附件' ORDER BY id", id)[1:])

			// A file that comes long after 「加附件」 is read like any other.
			see(t, "waiting", ding("dt-zhouting", "加附件 "+id), says("10 分钟"))
			f.clock.advance(11 * time.Minute)
			see(t, "an order", send("dt-zhouting", "新单.csv", []byte("客户,产品编码,数量,单位\n澜州市第一人民医院,P003,3,箱\n")), offers("取消", "草稿"))
		})
	}
}

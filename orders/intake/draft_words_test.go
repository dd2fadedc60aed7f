package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
)

// whole writes a result in one line: the intent, each draft with its customer, lines and what it says of the delivery, and the questions.
func whole(res intake.Result) string {
	parts := []string{string(res.Intent)}
	if res.Ref != "" {
		parts = append(parts, res.Ref)
	}
	for i, o := range res.Orders {
		one := intake.Result{Orders: []intake.Draft{o}}
		said := fmt.Sprintf("%s: %s", o.Customer, lines(one))
		for _, v := range []string{o.DeliverBy, o.Carrier, o.Contact, o.Phone, o.Address, o.Payment, o.PO, o.Note} {
			if v != "" {
				said += " " + v
			}
		}
		if i > 0 {
			said = "/ " + said
		}
		parts = append(parts, said)
	}
	if a := asks(res); a != "" {
		parts = append(parts, "? "+a)
	}
	return strings.Join(parts, " ")
}

// What is said of one of several drafts is done to that draft: by its customer, its number, its goods or its question; what may be of
// several is asked about.
func TestSeveralDraftsInOneConversation(t *testing.T) {
	t.Parallel()
	x := shop(t)
	const two = "望江楼 白醋3件\n瑞丰制衣 黑T恤M 20件"
	for text, want := range map[string]string{
		"白醋改5件":                   "change D1: F8 5件=60 / D4: T4 20件=20",
		"望江楼那单不要了":                "change D4: T4 20件=20",
		"瑞丰制衣那单取消":                "change D1: F8 3件=36",
		"T恤不要了":                   "change D1: F8 3件=36",
		"第一单再加2袋土豆":               "change D1: F8 3件=36, F6 2袋=50 / D4: T4 20件=20",
		"最后一单走德邦":                 "change D1: F8 3件=36 / D4: T4 20件=20 DEPPON",
		"两单都走德邦":                  "change D1: F8 3件=36 DEPPON / D4: T4 20件=20 DEPPON",
		"望江楼的走德邦，瑞丰制衣自提":          "change D1: F8 3件=36 DEPPON / D4: T4 20件=20 SELF",
		"望江楼改8件，瑞丰制衣改30件":         "change D1: F8 8件=96 / D4: T4 30件=30",
		"望江楼的收货人换成张三 13811112222": "change D1: F8 3件=36 张三 13811112222 / D4: T4 20件=20",
		"周五要":                     "change D1: F8 3件=36 / D4: T4 20件=20 ? orders[1].lines ambiguous",
		"改成8件":                    "change D1: F8 3件=36 / D4: T4 20件=20 ? orders[1].lines ambiguous",
		"都不要了":                    "cancel",
		"对的":                      "confirm",
		"望江楼的送滨江路8号后门，瑞丰制衣的送纺织园7栋西门": "change D1: F8 3件=36 滨江路8号后门 / D4: T4 20件=20 纺织园7栋西门",
	} {
		require.Equal(t, want, whole(talk(t, x, intake.RoleSales, two, text)), text)
	}
	res := talk(t, x, intake.RoleSales, "望江楼 刹车片5套\n瑞丰制衣 黑T恤M 20件", "前的，T恤改30件")
	require.Equal(t, "change D1: V2 5套=5 / D4: T4 30件=30", whole(res))
	require.Equal(t, []int{0}, talk(t, x, intake.RoleSales, two, "望江楼那单不要了").Gone)
}

// What a draft says besides its goods is changed in words.
func TestTheRestOfADraftIsChangedInWords(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"白醋3件|收货人换成张三 13811112222":         "change D1: F8 3件=36 张三 13811112222",
		"白醋3件|收货人改一下，换成张三，电话13811112222":   "change D1: F8 3件=36 张三 13811112222",
		"白醋3件|收件人写王芳":                      "change D1: F8 3件=36 王芳",
		"白醋3件|备注改成放门卫":                     "change D1: F8 3件=36 放门卫",
		"白醋3件|加个备注：到了放门卫":                  "change D1: F8 3件=36 到了放门卫",
		"白醋3件 周五要|推迟一天":                    "change D1: F8 3件=36 2026-03-14",
		"白醋3件 周五要|晚两天送":                    "change D1: F8 3件=36 2026-03-15",
		"白醋3件|推迟一天":                        "change D1: F8 3件=36 ? orders[0].deliver_by ambiguous",
		"白醋3件|不走物流了，我们自己来拉":                "change D1: F8 3件=36 SELF",
		"白醋3件 送滨江路8号|送货地址写错了，是解放路12号":      "change D1: F8 3件=36 解放路12号",
		"白醋3件|改成 10":                       "change D1: F8 10件=120",
		"白醋3件，土豆2袋|土豆改成 4":                 "change D1: F8 3件=36, F6 4袋=100",
		"白醋3件，土豆2袋|土豆不要了换鸡胸":               "change D1: F8 3件=36, F5 2袋=2",
		"白T恤M 20件，白醋3件|白T恤改成L":             "change D1: T3 20件=20, F8 3件=36",
		"白T恤M 20件，白T恤L 10件|M的改成30件":        "change D1: T2 30件=30, T3 10件=10",
		"中性笔5盒，刹车片2套|第二个问题是后的，中性笔要黑的":      "change D1: O3 5盒=60, V3 2套=2",
		"白醋3件|榴莲先不发":                       "change D1: F8 3件=36 ? orders[0].lines ambiguous",
		"白醋3件，土豆2袋|下次再要土豆":                 "change D1: F8 3件=36, F6 2袋=50 ? orders[0].lines ambiguous",
		"白醋3件|先撤了吧，老板说没钱":                  "cancel",
		"白醋3件|取消":                          "cancel",
		"SO20260302003 取消5件白醋":             "change SO20260302003",
		"SO20260302003 里的白醋不要了":            "change SO20260302003",
		"SO20260302003 取消":                 "cancel SO20260302003",
		"SO20260302003 推迟到周五送":             "change SO20260302003",
		"SO20260302003 收货人换成张三13811112222": "change SO20260302003",
		"刚才那单取消2件白醋":                       "change last",
	} {
		require.Equal(t, want, whole(talk(t, x, intake.RoleCustomer, strings.Split(text, "|")...)), text)
	}
}

// Ways to say an order that unseen trades brought: each was once read wrong without a question.
func TestWaysOfUnseenTrades(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"白醋3件，再捎袋土豆":                  "order D1: F8 3件=36, F6 1袋=25",
		"白醋3件、土豆2袋，每件60元":             "order D1: F8 3件=36@60, F6 2袋=50",
		"白醋3件 60一件 一共200我微信转你":        "order D1: F8 3件=36@60 ? orders[0].lines[0].price conflict",
		"白醋3件，送何塘村三组":                 "order D1: F8 3件=36 何塘村三组",
		"白醋3件，下周一送到三汊湖东闸口":            "order D1: F8 3件=36 2026-03-16 三汊湖东闸口",
		"白醋3件，冰袋多放几个":                 "order D1: F8 3件=36 冰袋多放几个",
		"请购 MF-2605-08\n白醋3件":         "order D1: F8 3件=36 MF-2605-08",
		"白醋3件，土豆2袋 合着一起送":             "order D1: F8 3件=36, F6 2袋=50",
		"月度计划（单位：件）\n品名\t数量\n白醋\t6\n": "order D1: F8 6件=72",
		"刹车片前5套，一套送一瓶白醋":              "order D1: V2 5套=5, +F8 5瓶=5",
	} {
		require.Equal(t, want, whole(said(t, x, text)), text)
	}
	for text, want := range map[string]string{
		"望江楼、瑞丰制衣两家一样：白醋3件": "order D1: F8 3件=36 / D4: F8 3件=36",
		"【聊天记录】\n陶经理：白醋现在啥价\n石磊：65一件\n陶经理：60，我拿3件\n石磊：行吧，就你了\n陶经理：那定3件 周五到": "order D1: F8 3件=36@60 2026-03-13",
	} {
		m := shopData(t)
		for i := range m.Customers {
			m.Customers[i].Sales = "石磊"
		}
		res, _ := intake.NewLexicon(m).Read(intake.Message{ID: "m", Time: wednesday(t), Role: intake.RoleSales, Text: text}, nil)
		require.Equal(t, want, whole(res), text)
	}
}

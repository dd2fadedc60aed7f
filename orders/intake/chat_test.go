package intake_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// skin is how an app draws a chat.
type skin struct{ ground, left, right int }

var (
	day   = skin{0xededed, 0xffffff, 0x95ec69}
	night = skin{0x111111, 0x2c2c2c, 0x3eb575}
	blue  = skin{0xf5f5f5, 0xffffff, 0xc9e7ff}
)

// shot draws a screenshot as recognition sees it: "<text" is a bubble at the left, ">text" at the right, "^name" the name above the next
// bubble, "-text" a centred line, "\"text" a quotation below a bubble.
func shot(s skin, title string, lines ...string) page.Page {
	p := page.Page{Width: 780}
	y := 20.0
	put := func(text string, left, size float64, back int) float64 {
		w := 0.0
		for _, r := range text {
			if r >= 0x2e80 {
				w += size
			} else {
				w += size * 0.55
			}
		}
		p.Lines = append(p.Lines, page.Line{Text: text, Score: 0.99, Back: back, Box: [4]page.Point{{X: left, Y: y}, {X: left + w, Y: y}, {X: left + w, Y: y + size}, {X: left, Y: y + size}}})
		return w
	}
	put("14:20", 42, 28, s.ground)
	put("5G 76%", 640, 28, s.ground)
	y = 90
	put("<99+", 26, 30, s.ground)
	put(title, 390-float64(len([]rune(title)))*17, 34, s.ground)
	y = 170
	for _, l := range lines {
		text := l[1:]
		switch l[0] {
		case '-':
			put(text, 390-float64(len(text))*6, 24, s.ground)
			y += 60
		case '^':
			put(text, 124, 24, s.ground)
			y += 42
		case '"':
			put(text, 147, 22, 0xd8d8d8)
			y += 60
		default:
			back, edge := s.left, 147.0
			if l[0] == '>' {
				back = s.right
				longest := 0.0
				for part := range strings.SplitSeq(text, "/") {
					w := 0.0
					for _, r := range part {
						if r >= 0x2e80 {
							w += 32
						} else {
							w += 32 * 0.55
						}
					}
					longest = max(longest, w)
				}
				edge = 634 - longest
				put("我", 696, 40, 0x5b8def)
			} else {
				put("客", 43, 40, 0xe08f4f)
			}
			for part := range strings.SplitSeq(text, "/") {
				put(part, edge, 32, back)
				y += 47
			}
			y += 60
		}
	}
	p.Height = y + 60
	return p
}

func readShot(customer string, p page.Page) intake.Result {
	x := intake.NewLexicon(formMaster())
	role := intake.RoleCustomer
	if customer == "" {
		role = intake.RoleSales
	}
	res, _ := x.Read(intake.Message{ID: "m", Time: formTime, Role: role, Customer: customer, Doc: &page.Document{Kind: page.KindOCR, Pages: []page.Page{p}}}, nil)
	return res
}

// feature: IN-03
func TestChatScreenshots(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		customer string
		page     page.Page
		orders   []string
	}{
		"customer at the left of the salesperson's phone": {
			"", shot(day, "青禾 何静", "-上午8:40", "<早/在吗", ">早 上次的碘伏消毒液50瓶到了吧", "-9:01", "<再来丁腈手套M 3箱/医用棉签10包", ">好的"),
			[]string{"C1: A01 3箱, A03 10包"},
		},
		"customer's own phone, night mode": {
			"C1", shot(night, "销售小周", "-8:50", "<棉签有货的", ">碘伏消毒液 2箱", ">丁腈手套L 4盒", "<好"),
			[]string{"C1: A04 2箱, A02 4盒"},
		},
		"other app, wide bubbles at the right are told by their colour": {
			"", shot(blue, "青禾医院", "-8:50", "<丁腈手套M 3箱", ">好的 给您记下了丁腈手套/M 3箱 没错吧", "<对", ">ok"),
			[]string{"C1: A01 3箱"},
		},
		"a quotation tells what is changed": {
			"", shot(day, "青禾医院", "-8:50", "<丁腈手套M 3箱", "<棉签10包", "<这个改成5箱", "\"青禾：丁腈手套M 3箱"),
			[]string{"C1: A01 5箱, A03 10包"},
		},
		"a quotation tells what is not wanted": {
			"", shot(day, "青禾医院", "-8:50", "<丁腈手套M 3箱", "<棉签10包", "<这个不要了", "\"青禾：丁腈手套M 3箱"),
			[]string{"C1: A03 10包"},
		},
		"quotations below a bubble are not said again": {
			"", shot(day, "青禾医院", "-8:50", "<丁腈手套M 3箱", "<再加棉签2包", "\"青禾：丁腈手套M 3箱"),
			[]string{"C1: A01 3箱, A03 2包"},
		},
		"branches in a group order for themselves": {
			"", shot(day, "康宁订货群(23)", "-8:50", "^东街店-小万", "<丁腈手套M 10盒", "^西湖店-小戴", "<棉签30包", ">收到"),
			[]string{"C3: A01 10盒", "C4: A03 30包"},
		},
		"price agreed on": {
			"C1", shot(day, "销售小周", "-8:50", ">不锈钢球阀DN25多少钱", "<48一只", ">45行不行 长期要的", "<最低46了", ">行 来20只"),
			[]string{"C1: FG-8129D 20只 @46"},
		},
		"answer to where": {
			"", shot(day, "青禾医院", "-8:50", "<丁腈手套M 3箱", ">送哪？", "<城东物流园6栋2号", ">好"),
			[]string{"C1: A01 3箱"},
		},
		"a price offered by the goods' letters and figures": {
			"", shot(day, "青禾医院", "-8:50", "<DN25的球阀要20只", ">DN25现在45一只哦", "<行", "<再来棉签2包"),
			[]string{"C1: FG-8129D 20只 @45, A03 2包"},
		},
		"a price offered after the order, taken": {
			"", shot(day, "青禾医院", "-8:50", "<不锈钢球阀20只", ">45一只哦", "<好的", "<再来棉签2包"),
			[]string{"C1: FG-8129D 20只 @45, A03 2包"},
		},
		"a price offered after the order, not taken": {
			"", shot(day, "青禾医院", "-8:50", "<不锈钢球阀20只", ">48一只哦", "<再来棉签2包"),
			[]string{"C1: FG-8129D 20只, A03 2包"},
		},
		"another size instead": {
			"", shot(day, "青禾医院", "-8:50", "<丁腈手套M 3箱", "<棉签10cm 4包", ">好的", "<写错了是L 5箱，M还有"),
			[]string{"C1: A02 5箱, A03 4包"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := readShot(c.customer, c.page)
			require.Equal(t, intake.IntentOrder, res.Intent)
			require.Equal(t, c.orders, brief(res.Orders))
			require.Empty(t, res.Asks)
		})
	}
}

// The head office says for all its shops when the goods are due, and orders nothing itself.
func TestADateSaidForAllInAGroup(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"两家都后天上午送到", "各店统一后天上午送到", "@小周 两家都后天上午送到"} {
		res := readShot("", shot(day, "康宁要货群(5)", "-8:50", "^东街店-小万", "<丁腈手套M 10盒", "^康宁药房-宋采购", "<总部这次不要货", "^西湖店-小戴", "<棉签30包", "^康宁药房-宋采购", "<"+words, ">收到"))
		require.Equal(t, []string{"C3: A01 10盒", "C4: A03 30包"}, brief(res.Orders), words)
		require.Equal(t, "2026-03-13T12:00:00+08:00", res.Orders[0].DeliverBy, words)
		require.Equal(t, "2026-03-13T12:00:00+08:00", res.Orders[1].DeliverBy, words)
	}
	own := readShot("", shot(day, "康宁要货群(5)", "-8:50", "^东街店-小万", "<丁腈手套M 10盒 后天送到", "^西湖店-小戴", "<棉签30包"))
	require.Equal(t, "2026-03-13", own.Orders[0].DeliverBy)
	require.Empty(t, own.Orders[1].DeliverBy, "one shop's date is its own")
}

func TestAnswerInAChatIsTheAddress(t *testing.T) {
	t.Parallel()
	res := readShot("", shot(day, "青禾医院", "-8:50", "<丁腈手套M 3箱", ">送哪？", "<城东物流园6栋2号", ">好"))
	require.Equal(t, "城东物流园6栋2号", res.Orders[0].Address)
}

func TestPriceQuestionOnlyIsNoOrder(t *testing.T) {
	t.Parallel()
	res := readShot("C1", shot(day, "销售小周", "-8:50", ">碘伏消毒液现在啥价", "<9块一瓶", ">知道了，再说"))
	require.Equal(t, intake.IntentInquiry, res.Intent)
	require.Empty(t, res.Orders)
}

func TestForwardedLogCountsDaysFromItsOwnDate(t *testing.T) {
	t.Parallel()
	p := page.Page{Width: 780, Height: 800}
	put := func(text string, x, y, size float64) {
		w := float64(len([]rune(text))) * size
		p.Lines = append(p.Lines, page.Line{Text: text, Score: 0.99, Back: 0xfefefe, Box: [4]page.Point{{X: x, Y: y}, {X: x + w, Y: y}, {X: x + w, Y: y + size}, {X: x, Y: y + size}}})
	}
	put("群聊的聊天记录", 298, 40, 32)
	put("2026-03-09", 340, 130, 12)
	for i, m := range [][2]string{{"何静", "丁腈手套M 3箱"}, {"老崔", "这么多"}, {"何静", "后天送到"}} {
		put(m[0], 117, 210+130*float64(i), 24)
		put("08:4"+string(rune('0'+i)), 652, 210+130*float64(i), 14)
		put(m[1], 117, 250+130*float64(i), 32)
	}
	res := readShot("", p)
	require.Equal(t, []string{"C1: A01 3箱"}, brief(res.Orders))
	require.Equal(t, "2026-03-11", res.Orders[0].DeliverBy)
}

func TestScreensOfOtherLooks(t *testing.T) {
	t.Parallel()
	// A page that shades, bubbles nearly as light as the head of the screen.
	p := shot(skin{0xe0e8f0, 0xfdfdfe, 0x98e165}, "何静", "-3月6日 19:02", "<在不在", ">在的", "-09:05", "<丁腈手套M 3盒", "<明天上午送来", ">好")
	for i := range p.Lines {
		if l := &p.Lines[i]; l.Box[0].Y < 110 {
			l.Back = 0xf6f6f6
		} else if l.Back == 0xe0e8f0 && l.Box[0].Y > 400 {
			l.Back = 0xeaeadd
		}
	}
	res := readShot("", p)
	require.Equal(t, []string{"C1: A01 3盒"}, brief(res.Orders))
	require.Equal(t, "2026-03-12T12:00:00+08:00", res.Orders[0].DeliverBy, "a bare time is today's, whatever day was above")

	// The title at the left, on a head of another colour.
	left := shot(skin{0xf3f5f8, 0xfefefe, 0xcfe2ff}, "青禾何静", "-10:48", "<丁腈手套M 3盒", ">好")
	for i := range left.Lines {
		if l := &left.Lines[i]; l.Box[0].Y < 110 {
			l.Back = 0x2f6fd6
			if l.Text == "青禾何静" {
				for k := range l.Box {
					l.Box[k].X -= 280
				}
			}
		}
	}
	require.Equal(t, []string{"C1: A01 3盒"}, brief(readShot("", left).Orders))

	// Two shops in a group, named by place and person.
	group := shot(day, "要货群（8）", "-星期二 13:40", "^人民路店-何静", "<丁腈手套M 3盒", "^东街店-佩佩", "<丁腈手套L 4盒", ">收到")
	require.Equal(t, []string{"C1: A01 3盒", "C3: A02 4盒"}, brief(readShot("", group).Orders))
}

// A day that the seller proposes is agreed on by who says yes to it; what they add says when on that day.
func TestADayThatIsProposedAndTaken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question, answer, want string
	}{
		{"明天给你送？", "好 上午吧", "2026-03-12T12:00:00+08:00"},
		{"后天送到行吗", "可以", "2026-03-13"},
		{"明天下午送到可以吗？", "行，早上8点前要到", "2026-03-12T08:00:00+08:00"},
		{"后天发给您行不", "后天太晚了，明天送到", "2026-03-12"},
		{"明天有空吗？", "好", ""},
		{"明天给你送？", "棉签再加2包", ""},
	} {
		res := readShot("", shot(day, "青禾医院", "-8:50", "<丁腈手套M 3箱", ">"+c.question, "<"+c.answer))
		require.Len(t, res.Orders, 1, c.question)
		require.Equal(t, c.want, res.Orders[0].DeliverBy, "%s %s", c.question, c.answer)
	}
}

// Goods that somebody says they still have are not ordered, what else they say is.
func TestGoodsThatAreStillThere(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"手套不要，还有两箱":          "C1: A03 10包",
		"手套先不要了，家里还有":        "C1: A03 10包",
		"手套不用，够用":            "C1: A03 10包",
		"手套不要，还有碘伏消毒液来5瓶":    "C1: A03 10包, A04 5瓶",
		"碘伏消毒液来5瓶，手套不要，还有两箱": "C1: A03 10包, A04 5瓶",
	} {
		res := readShot("", shot(day, "青禾医院", "-8:50", "<棉签10包", ">手套要吗", "<"+said))
		require.Equal(t, []string{want}, brief(res.Orders), said)
	}
}

// Most bubbles of a group are as wide as the screen: their colour and their edge tell the side.
func TestAGroupOfWideBubbles(t *testing.T) {
	t.Parallel()
	res := readShot("", shot(day, "康宁要货群(36)", "-19:31", ">各位老板要货的报一下，每天晚上9点统一录单/谢谢",
		"^东街店-小万", "<丁腈手套M 10盒，医用棉签 10cm 30包，下周要的", "^西湖店-小戴", "<医用棉签 10cm 30包，碘伏消毒液500ml 5瓶 谢谢",
		">收到", "-19:58", "^东街店-小万", "<棉签改20包，再加碘伏消毒液500ml 2瓶 谢谢", "\"东街店-小万：丁腈手套M 10盒，医用棉签 10cm 30包，下周要的", ">好的，都记上了"))
	require.Equal(t, []string{"C3: A01 10盒, A03 20包, A04 2瓶", "C4: A03 30包, A04 5瓶"}, brief(res.Orders))
}

// What reading a picture parts is one where the catalogue has it so.
func TestAGapInACode(t *testing.T) {
	t.Parallel()
	res := readShot("", shot(day, "青禾医院", "-8:50", "<FG -8129D 20只", "<F G-8129D 5只"))
	require.NotEmpty(t, res.Orders)
	for _, l := range res.Orders[0].Lines {
		require.EqualValues(t, "FG-8129D", l.Product)
	}
}

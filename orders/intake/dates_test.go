package intake_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
)

func TestDeadlines(t *testing.T) {
	t.Parallel()
	x := shop(t)
	type due struct {
		by     string
		urgent bool
	}
	for words, want := range map[string]due{ // sent on Wednesday 11 March 2026, 10:24
		"今天送到":         {"2026-03-11", true},
		"交期3.25":       {"2026-03-25", false},
		"到货日期:3/25":    {"2026-03-25", false},
		"交期25号":        {"2026-03-25", false},
		"27号拉到车间":      {"2026-03-27", false},
		"这是今天的电话单":     {"", false},
		"要的内袋别破":       {"", false},
		"元旦前后人多":       {"", false},
		"我下午过来拿":       {"2026-03-11T18:00:00+08:00", true},
		"明天要":          {"2026-03-12", true},
		"后天送":          {"2026-03-13", false},
		"大后天到":         {"2026-03-14", false},
		"后天上午要":        {"2026-03-13T12:00:00+08:00", false},
		"后天早上送":        {"2026-03-13T09:00:00+08:00", true},
		"明早要用":         {"2026-03-12T09:00:00+08:00", true},
		"今晚送":          {"2026-03-11T21:00:00+08:00", true},
		"明天下午3点前要":     {"2026-03-12T15:00:00+08:00", true},
		"明天下午三点半前":     {"2026-03-12T15:30:00+08:00", true},
		"今天中午12点前送到":   {"2026-03-11T12:00:00+08:00", true},
		"今天晚上8点前要":     {"2026-03-11T20:00:00+08:00", true},
		"明天15:30前到":    {"2026-03-12T15:30:00+08:00", true},
		"下午3点前送到":      {"2026-03-11T15:00:00+08:00", true},
		"三点前送到":        {"2026-03-11T15:00:00+08:00", true},
		"九点前送到":        {"2026-03-12T09:00:00+08:00", true},
		"下班前送到":        {"2026-03-11T18:00:00+08:00", true},
		"48小时内送到":      {"2026-03-13T10:24:00+08:00", true},
		"72小时内":        {"2026-03-14T10:24:00+08:00", false},
		"三天内":          {"2026-03-14", false},
		"一周内到":         {"2026-03-18", false},
		"两天后送":         {"2026-03-13", false},
		"周三送":          {"2026-03-11", true},
		"周二送":          {"2026-03-17", false},
		"周五要":          {"2026-03-13", false},
		"周日到就行":        {"2026-03-15", false},
		"礼拜六中午送到":      {"2026-03-14T12:00:00+08:00", false},
		"星期四上午":        {"2026-03-12T12:00:00+08:00", true},
		"本周五送":         {"2026-03-13", false},
		"这周五到":         {"2026-03-13", false},
		"下周三上午送到":      {"2026-03-18T12:00:00+08:00", false},
		"下下周一送":        {"2026-03-23", false},
		"这周内送到":        {"2026-03-15", false},
		"周一至周三送":       {"2026-03-18", false},
		"25号之前":        {"2026-03-25", false},
		"5号前送到":        {"2026-04-05", false},
		"11号送":         {"2026-03-11", true},
		"25号下午":        {"2026-03-25T18:00:00+08:00", false},
		"3月20号送到":      {"2026-03-20", false},
		"4月8号上午送":      {"2026-04-08T12:00:00+08:00", false},
		"2月1号送":        {"2027-02-01", false},
		"2026-03-27前到": {"2026-03-27", false},
		"2026年4月2日到货":  {"2026-04-02", false},
		"4/8前送到":       {"2026-04-08", false},
		"下月15号到":       {"2026-04-15", false},
		"下个月2号要":       {"2026-04-02", false},
		"月底前到":         {"2026-03-31", false},
		"下月初要":         {"2026-04-05", false},
		"下月中旬到":        {"2026-04-15", false},
		"下旬到":          {"2026-03-31", false},
		"月内送到":         {"2026-03-31", false},
		"4月底要":         {"2026-04-30", false},
		"年底前送":         {"2026-12-31", false},
		"週五下午送到":       {"2026-03-13T18:00:00+08:00", false},
		"明天八点到九点送":     {"2026-03-12T09:00:00+08:00", true},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, "白醋3件，"+words)
			require.Len(t, res.Orders, 1)
			require.Equal(t, want, due{res.Orders[0].DeliverBy, res.Orders[0].Urgent})
			require.Equal(t, "F8 3件=36", lines(res))
			require.Empty(t, asks(res))
		})
	}
}

func TestNoDeadline(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, text := range []string{
		"早上好，白醋3件", "单子今天录一下，白醋3件", "昨天说的白醋3件", "白醋3件，15:00以后别送", "白醋3件，不急", "白醋3件送滨江路8号后门", "白醋3件 晚上好",
	} {
		res := said(t, x, text)
		require.Len(t, res.Orders, 1, text)
		require.Empty(t, res.Orders[0].DeliverBy, text)
		require.False(t, res.Orders[0].Urgent, text)
	}
}

// feature: EX-02
func TestUrgentWords(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, w := range []string{"加急", "急单", "尽快", "火急", "等着用", "越快越好", "急！", "特急"} {
		res := said(t, x, "白醋3件 "+w)
		require.True(t, res.Orders[0].Urgent, w)
		require.NotEmpty(t, res.Orders[0].UrgentWords, w)
	}
}

func TestWeekdayAfterNoonIsNextWeek(t *testing.T) {
	t.Parallel()
	x := shop(t)
	at := wednesday(t).Add(4 * time.Hour)
	res, _ := x.Read(intake.Message{ID: "m", Time: at, Role: intake.RoleCustomer, Customer: "D1", Text: "白醋3件，周三送"}, nil)
	require.Equal(t, "2026-03-18", res.Orders[0].DeliverBy)
}

// Working days leave out public holidays and count the weekends that are worked for them; days that a
// firm adds count like those that come with the program.
func TestWorkingDaysFollowTheCalendar(t *testing.T) {
	t.Parallel()
	m := *shopData(t)
	x := intake.NewLexicon(&m)
	read := func(x *intake.Lexicon, at time.Time, words string) string {
		res, _ := x.Read(intake.Message{ID: "m", Time: at, Role: intake.RoleCustomer, Customer: "D1", Text: "白醋3件，" + words + "送到"}, nil)
		require.Len(t, res.Orders, 1)
		return res.Orders[0].DeliverBy
	}
	day := func(month time.Month, day int) time.Time {
		return time.Date(2026, month, day, 10, 24, 0, 0, wednesday(t).Location())
	}
	require.Equal(t, "2026-03-16", read(x, day(3, 11), "三个工作日内"))
	require.Equal(t, "2026-02-25", read(x, day(2, 13), "3个工作日内"), "14, 24, 25")
	require.Equal(t, "2026-10-09", read(x, day(9, 30), "两个工作日内"))
	require.Equal(t, "2026-10-12", read(x, day(10, 8), "三个工作日内"), "the Saturday is worked")
	changed := x.With(intake.Change{Days: []orders.Day{{Date: "2026-03-13", Name: "厂庆"}}})
	require.Equal(t, "2026-03-17", read(changed, day(3, 11), "三个工作日内"))
	require.Equal(t, "2026-03-16", read(x, day(3, 11), "三个工作日内"))
}

func TestForwardedMessageCountsFromItsOwnDay(t *testing.T) {
	t.Parallel()
	x := shop(t)
	res := forwarded(t, x, "陶经理 3/10 20:15\n白醋3件 明天下午要")
	require.Equal(t, "D1", res.Orders[0].Customer)
	require.Equal(t, "2026-03-11T18:00:00+08:00", res.Orders[0].DeliverBy)
	res = forwarded(t, x, "陶经理 3/10 20:15\n白醋3件 24小时内")
	require.Equal(t, "2026-03-12T10:24:00+08:00", res.Orders[0].DeliverBy)
}

func TestDatesBeginOnlyAsTheirTablesSay(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, name := range []string{"corpus/messages.jsonl", "industries/messages.jsonl", "borrowed/dates.txt", "borrowed/numbers.txt", "borrowed/addresses.txt"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		texts = append(texts, string(data))
	}
	// and each character before what may end a date
	for _, rest := range []string{"天", "天后", "底", "年底", "月15号送到", "周三", "初八", "季度末", "3点", "点半", "早上8点", "班前", "两天要", "节前"} {
		var b strings.Builder
		for c := rune(0x4E00); c < 0xA000; c++ {
			b.WriteString(string(c) + rest + "\n")
		}
		texts = append(texts, b.String())
	}
	x := shop(t)
	for _, text := range texts {
		require.Empty(t, x.DatesWithoutLead(text, wednesday(t)))
	}
}

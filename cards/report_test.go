package cards_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/orders"
)

// report is one of a customer with a name of both kinds of letters.
func report(released bool) *orders.HealthReport {
	f := orders.ReportFigures{
		Due: orders.Kept{All: 1000, Kept: 999}, OnTime: orders.Kept{All: 20, Kept: 20}, Changes: orders.Delays{Count: 3, Sum: 9 * time.Minute},
		Responses: orders.Spans{4 * time.Second}, Handling: orders.Handling{Confirmed: orders.Spans{3 * time.Hour, 4 * time.Hour}}, Shortages: [2]int{1, 25}, Returned: [2]int{0, 24},
		Transits: orders.Spans{50 * time.Hour}, Inquiries: [2]int{30, 31},
	}
	before := f
	before.Due, before.Changes, before.Transits, before.Shortages = orders.Kept{All: 10, Kept: 8}, orders.Delays{Count: 1, Sum: time.Minute}, nil, [2]int{2, 25}
	r := &orders.HealthReport{
		ID: 7, Customer: "C001", Name: `市第一医院(东院) A\B`, Month: "2026-02", Version: 2, Figures: f.Indicators(), Before: before.Indicators(), MadeAt: at(2, 9, 0),
	}
	if released {
		r.ReleasedAt, r.ReleasedBy, r.ReleasedName = at(2, 9, 30), "S01", "周婷"
	}
	return r
}

var (
	shownText = regexp.MustCompile(`(?s)BT .*? ([\d.]+) ([\d.]+) Td\n(.*?)ET\n`)
	shownRun  = regexp.MustCompile(`\((.*?[^\\]|)\) Tj|<([0-9A-F]+)> Tj`)
)

// textsOf are the texts of a PDF file of ours in their order, each with where it begins and how far down its foot is.
func textsOf(t *testing.T, data []byte) (texts []string, xs, ys []float64) {
	t.Helper()
	_, rest, ok := bytes.Cut(data, []byte("stream\n"))
	require.True(t, ok)
	z, err := zlib.NewReader(bytes.NewReader(rest))
	require.NoError(t, err)
	content, err := io.ReadAll(z)
	require.NoError(t, err)
	for _, m := range shownText.FindAllStringSubmatch(string(content), -1) {
		var b strings.Builder
		for _, run := range shownRun.FindAllStringSubmatch(m[3], -1) {
			b.WriteString(strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`).Replace(run[1]))
			raw, err := hex.DecodeString(run[2])
			require.NoError(t, err)
			units := make([]uint16, 0, len(raw)/2)
			for i := 0; i+1 < len(raw); i += 2 {
				units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
			}
			b.WriteString(string(utf16.Decode(units)))
		}
		x, err := strconv.ParseFloat(m[1], 64)
		require.NoError(t, err)
		y, err := strconv.ParseFloat(m[2], 64)
		require.NoError(t, err)
		texts, xs, ys = append(texts, b.String()), append(xs, x), append(ys, y)
	}
	return texts, xs, ys
}

// The file holds the twelve figures with what they rest on, the month before, and how each comes about, on a page as wide as a phone; its
// offsets are right, the same report is the same bytes, and nobody of the staff is in it.
//
// feature: RP-07
func TestTheFileOfAReport(t *testing.T) {
	t.Parallel()
	file := cards.ReportFile(report(false))
	require.Equal(t, "健康报告-C001-202602.pdf", file.Name)
	require.Equal(t, file.Data, cards.ReportFile(report(true)).Data, "what is released is what was seen")
	texts, xs, ys := textsOf(t, file.Data)
	all := strings.Join(texts, "\n")
	for _, want := range []string{
		"订单健康度报告\n2026年2月\n市第一医院(东院) A\\B\n", "履约达成率\n99.9%\n999/1000 单\n上月 80%，好些", "准时交付率\n100%\n20/20 单\n上月 100%，持平", "变更响应时效\n3 分钟\n3 次\n上月 60 秒，差些",
		"订单准确率\n没有数据\n\n\n", "首次响应时间\n4 秒\n", "平均处理时长\n3.5 小时\n2 单\n", "加急达标率\n没有数据", "缺货率\n4%\n1/25 单\n上月 8%，好些", "退货率\n0%\n0/24 单\n上月 0%，持平",
		"异常自愈率\n没有数据", "平均在途天数\n2.1 天\n1 单\n\n", "自助查询率\n96.8%\n30/31 次", "每项怎么算", "自助查询率：本月查订单的次数里，不用找人就有答案的。", "只统计贵单位自己的订单，以 2026年3月2日的记录为准。",
	} {
		require.Contains(t, all, want)
	}
	require.NotContains(t, all, "周婷")
	for i := range texts {
		require.GreaterOrEqual(t, xs[i], 20.0, texts[i])
		require.Less(t, xs[i], 375.0, texts[i])
		require.Positive(t, ys[i], texts[i])
	}
	for n := 1; n <= 9; n++ {
		offset := bytes.Index(file.Data, []byte("\n"+strconv.Itoa(n)+" 0 obj\n")) + 1
		require.Contains(t, string(file.Data), strings.Repeat("0", 10-len(strconv.Itoa(offset)))+strconv.Itoa(offset)+" 00000 n \n")
	}

	long := report(false)
	long.Name = strings.Repeat("非常长的医院名称", 8) + "\x00\n"
	texts, _, _ = textsOf(t, cards.ReportFile(long).Data)
	require.Equal(t, strings.Repeat("非常长的医院名称", 8)[:21*3]+"…", texts[2])
}

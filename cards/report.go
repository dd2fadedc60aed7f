package cards

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"orderbot/orders"
)

// indicator is how a figure of a report is called, what its number counts, and how it comes about, in the words of a customer.
type indicator struct{ name, unit, formula string }

var indicators = map[orders.IndicatorKind]indicator{
	orders.IndicatorFulfilled: {"履约达成率", "单", "本月到期的订单里，月底前全部签收的"},
	orders.IndicatorOnTime:    {"准时交付率", "单", "本月签收、约好了交期的订单里，按时到的"},
	orders.IndicatorChange:    {"变更响应时效", "次", "从提出修改或取消，到订单改好，平均多久"},
	orders.IndicatorAccuracy:  {"订单准确率", "单", "本月签收的订单里，信息、发货、交付都没有错的"},
	orders.IndicatorResponse:  {"首次响应时间", "单", "从第一条消息，到第一份订单草稿，平均多久"},
	orders.IndicatorHandling:  {"平均处理时长", "单", "从第一条消息，到订单确认，平均多久"},
	orders.IndicatorUrgent:    {"加急达标率", "单", "本月到时限的加急订单里，按时完成的"},
	orders.IndicatorShortage:  {"缺货率", "单", "本月下的订单里，缺过货的"},
	orders.IndicatorReturned:  {"退货率", "单", "本月签收的订单里，退货或退款的"},
	orders.IndicatorHealed:    {"异常自愈率", "件", "本月出现的异常里，系统自动解决的"},
	orders.IndicatorTransit:   {"平均在途天数", "单", "本月签收的订单，从发出到签收平均几天"},
	orders.IndicatorSelf:      {"自助查询率", "次", "本月查订单的次数里，不用找人就有答案的"},
}

// indicatorValue is a figure for people: 96%, 3 分钟, 2.1 天.
func indicatorValue(i orders.Indicator) string {
	switch {
	case i.Of == 0:
		return "没有数据"
	case i.Kind == orders.IndicatorTransit:
		return oneDigit(i.Average().Hours()/24) + " 天"
	case i.Kind.IsTime():
		return indicatorTime(i.Average())
	default:
		return oneDigit(100*i.Value()) + "%"
	}
}

// oneDigit is a number with one digit behind the point, where that is not 0. What is not all is never rounded up to it.
func oneDigit(f float64) string {
	if f < 100 && f > 99.9 {
		f = 99.9
	}
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

func indicatorTime(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d 秒", int(math.Round(d.Seconds())))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d 分钟", int(math.Round(d.Minutes())))
	case d < 48*time.Hour:
		return oneDigit(d.Hours()) + " 小时"
	default:
		return oneDigit(d.Hours()/24) + " 天"
	}
}

// indicatorBase is what a figure rests on: 24/25 单.
func indicatorBase(i orders.Indicator) string {
	unit := indicators[i.Kind].unit
	switch {
	case i.Of == 0:
		return ""
	case i.Kind.IsTime():
		return fmt.Sprintf("%d %s", i.Of, unit)
	default:
		return fmt.Sprintf("%d/%d %s", i.Part, i.Of, unit)
	}
}

// indicatorTrend compares a figure with that of the month before; "" where one of them is missing.
func indicatorTrend(r *orders.HealthReport, i orders.Indicator) string {
	for _, was := range r.Before {
		if was.Kind != i.Kind || was.Of == 0 || i.Of == 0 {
			continue
		}
		before := "上月 " + indicatorValue(was)
		switch now, then := i.Value(), was.Value(); {
		case indicatorValue(i) == indicatorValue(was):
			return before + "，持平"
		case now > then == i.Kind.MoreIsBetter():
			return before + "，好些"
		default:
			return before + "，差些"
		}
	}
	return ""
}

// reportRows are a report's figures, one a line.
func reportRows(r *orders.HealthReport) []string {
	rows := make([]string, len(r.Figures))
	for n, i := range r.Figures {
		rows[n] = fmt.Sprintf("%d. %s：%s", n+1, indicators[i.Kind].name, indicatorValue(i))
		if base := indicatorBase(i); base != "" {
			rows[n] += "（" + base + "）"
		}
	}
	return rows
}

// ReportCard shows a report to who may release it.
func ReportCard(s *Signer, r *orders.HealthReport) Message {
	c := reportCard(r)
	if !r.Released() {
		c.Desc = "PDF 是客户会收到的样子；放行以前客户什么都看不到"
		c.Question = "发给客户吗？"
		c.Buttons = []Button{{
			Text: "放行", Style: Primary, Say: fmt.Sprintf("放行健康报告 %s %s", r.Customer, r.Month), Action: s.Sign(Action{Verb: ReleaseReport, Node: int(r.ID), Version: r.Version}),
		}}
	}
	return Message{Text: Text(c), Card: c}
}

func reportCard(r *orders.HealthReport) *Card {
	return &Card{
		Title: "健康报告 " + r.MonthName(), Fields: []Field{{"客户", join(" ", string(r.Customer), r.Name)}}, Lines: reportRows(r), Settled: r.Outcome(),
	}
}

// ReportSettled is what the card becomes once the report is released.
func ReportSettled(r *orders.HealthReport) Message {
	c := reportCard(r)
	return Message{Text: Text(c), Card: c}
}

// ReportForCustomer is a released report in a customer's words, with the address of the PDF file; "" where none can be reached.
func ReportForCustomer(r *orders.HealthReport, link string) Message {
	rows := append([]string{fmt.Sprintf("%s健康报告：%s", r.MonthName(), r.Name)}, reportRows(r)...)
	if link != "" {
		rows = append(rows, "完整报告（PDF，有每项的算法和上月对比）："+link)
	}
	return Message{Text: strings.Join(rows, "\n")}
}

// The look of a report: a page as wide as a phone.
const (
	reportWidth  = 375.0
	reportMargin = 20.0
)

var (
	inkDark  = ink{0.11, 0.16, 0.22}
	inkGrey  = ink{0.42, 0.46, 0.52}
	inkBlue  = ink{0.08, 0.36, 0.67}
	inkWhite = ink{1, 1, 1}
	inkRule  = ink{0.89, 0.91, 0.93}
)

// ReportFile is a report as its customer gets it: a PDF file with the twelve figures, what they rest on, those of the month before, and how
// each comes about. Nobody of the staff, no amounts and no other customer are in it.
func ReportFile(r *orders.HealthReport) *File {
	p := &pdf{width: reportWidth}
	p.box(0, 0, reportWidth, 92, inkBlue)
	p.text(reportMargin, 40, 22, inkWhite, true, false, "订单健康度报告")
	p.text(reportWidth-reportMargin, 40, 13, inkWhite, false, true, r.MonthName())
	name := lines(r.Name, 14, reportWidth-2*reportMargin)
	if len(name) > 1 {
		name = []string{clip(r.Name, 22)}
	}
	p.text(reportMargin, 70, 14, inkWhite, false, false, name[0])
	p.y = 100
	for n, i := range r.Figures {
		if n > 0 {
			p.box(reportMargin, 0, reportWidth-2*reportMargin, 0.6, inkRule)
		}
		value := inkDark
		if i.Of == 0 {
			value = inkGrey
		}
		p.text(reportMargin, 26, 15, inkDark, false, false, indicators[i.Kind].name)
		p.text(reportWidth-reportMargin, 27, 19, value, i.Of > 0, true, indicatorValue(i))
		p.text(reportMargin, 44, 11, inkGrey, false, false, indicatorBase(i))
		p.text(reportWidth-reportMargin, 44, 11, inkGrey, false, true, indicatorTrend(r, i))
		p.y += 54
	}
	p.box(0, 6, reportWidth, 8, inkRule)
	p.text(reportMargin, 38, 15, inkDark, true, false, "每项怎么算")
	p.y += 44
	for _, i := range r.Figures {
		x := indicators[i.Kind]
		for k, line := range lines(x.name+"："+x.formula+"。", 12, reportWidth-2*reportMargin) {
			dy := 16.0
			if k == 0 {
				dy = 20
			}
			p.text(reportMargin, dy, 12, inkGrey, false, false, line)
			p.y += dy
		}
	}
	p.y += 8
	p.text(reportMargin, 20, 12, inkGrey, false, false, "只统计贵单位自己的订单，以 "+r.MadeAt.In(beijing).Format("2006年1月2日")+"的记录为准。")
	p.y += 40
	title := "订单健康度报告 " + r.Name + " " + r.MonthName()
	return &File{Name: fmt.Sprintf("健康报告-%s-%s.pdf", r.Customer, strings.ReplaceAll(r.Month, "-", "")), Data: p.file(title)}
}

package bot

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
)

// The commands about when goods are there.
const (
	cmdPromise = verb("promise") // 交期
	cmdWeather = verb("weather") // 天气
)

var (
	// weatherSaid fits 华东 +1天 至 3月22日 暴雪: the region, the days, the rest.
	weatherSaid = regexp.MustCompile(`^([\p{Han}]{2,12})\s+(?:\+|加|晚|延|多)\s*(\d{1,2})\s*天(.*)$`)
	weatherOver = regexp.MustCompile(`^([\p{Han}]{2,12})\s+(?:恢复|恢复正常|正常|解除)了?$`)
	weatherTo   = regexp.MustCompile(`(?:至|到|截止|截至)\s*$`)
)

const weatherUsage = "请写明到哪天，例如「天气 华东 +1天 至 3月22日 暴雪」或「天气 华东 +1天 3月20日到3月22日」，没有登记"

// weather lists what is noted of the weather, notes what it does to a region, or that this is over. It returns false where the words are about
// something else.
func (s *session) weather(tx Tx, words string) (bool, error) {
	words = strings.TrimSpace(norm.NFKC.String(words))
	now := s.now.In(s.clerk.Location)
	if words == "" {
		s.send(cards.WeatherList(s.books.Catalog.WeatherNow(now.Format(time.DateOnly)), s.books.Catalog), "reply", "")
		return true, nil
	}
	if m := weatherOver.FindStringSubmatch(words); m != nil {
		if err := s.clerk.Desk.EndWeather(tx, m[1], s.person.actor()); err != nil {
			return true, err
		}
		s.say(fmt.Sprintf("好的，%s的天气恢复了，新的交期不再多算。", m[1]))
		return true, nil
	}
	m := weatherSaid.FindStringSubmatch(words)
	if m == nil {
		return false, nil
	}
	days, err := strconv.Atoi(m[2])
	if err != nil {
		return false, nil //nolint:nilerr // words like any others
	}
	w := orders.Weather{Region: m[1], Days: days, From: now.Format(time.DateOnly)}
	from, until, before, behind, ok := leaveSpan(m[3], now)
	isOne := ok && until.Equal(from.AddDate(0, 0, 1))
	rest := strings.TrimSpace(weatherTo.ReplaceAllString(before, ""))
	switch {
	case !ok || isOne && !weatherTo.MatchString(before):
		return true, orders.Errorf(orders.CodeInvalid, weatherUsage)
	case !isOne:
		w.From = from.Format(time.DateOnly)
	}
	w.Until = until.AddDate(0, 0, -1).Format(time.DateOnly)
	w.Why = strings.TrimSpace(strings.Trim(rest, "从自") + " " + behind)
	if len([]rune(w.Why)) > 20 {
		return true, orders.Errorf(orders.CodeInvalid, "原因最多写 20 个字，没有登记")
	}
	if err := s.clerk.Desk.NoteWeather(tx, w, s.person.actor()); err != nil {
		return true, err
	}
	s.say("已登记天气：" + cards.WeatherWords(w) + "。新的交期会算进去，正在走的订单重新算一遍，晚了的会通知业务员和客户。")
	return true, nil
}

// promise tells when orders are expected, with the parts of which the day is made: 交期 SO….
func (s *session) promise(ctx context.Context, tx Tx, ids []orders.OrderID) error {
	for _, id := range ids {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		now, err := s.expected(ctx, o)
		if err != nil {
			return err
		}
		if now == nil && !o.Status.Ended() {
			return orders.Errorf(orders.CodeInvalid, "订单 %s 还有要定的地方，定了才知道哪天能到", o.ID)
		}
		s.inquiry(o.Customer, false)
		s.send(cards.Promised(o, cards.PromiseView{Now: now, ForCustomer: s.person.staff == nil}), "reply", o.ID)
	}
	return nil
}

// expected works out when an order is expected as things are; nil for a draft that is not complete, and where nothing is to come.
func (s *session) expected(ctx context.Context, o *orders.Order) (*orders.Promise, error) {
	if o.Status == orders.StatusDraft {
		if o.Customer == "" || len(o.Lines) == 0 {
			return nil, nil
		}
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Product == "" || !l.Base.IsPositive() {
				return nil, nil
			}
		}
		if err := s.atOnce(ctx, o); err != nil {
			return nil, err
		}
	}
	var load []orders.Made
	if s.clerk.Desk.CountsLoad(o) {
		var err error
		if load, err = s.clerk.Query.ProductionLoad(ctx); err != nil {
			return nil, err
		}
	}
	return s.clerk.Desk.Promise(o, load), nil
}

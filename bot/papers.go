package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
)

var (
	papersThere   = regexp.MustCompile(`^(.*?)[\s,，:：]*(?:都|全部|全)?(?:已经|已)?(?:齐全|齐备|齐|到齐|收齐|备齐|到|有|收到|收|备好|上传)(?:了)?$`)
	papersMissing = regexp.MustCompile(`^(?:(?:还)?(?:缺|差|没有)(?:少)?[\s,，:：]*(.+)|(.+?)[\s,，:：]*(?:还)?(?:缺|没有|没到|没到齐|没齐|不齐|未到|未齐|撤回|作废)(?:了)?)$`)
	paperSeps     = regexp.MustCompile(`[\s、,，;；/和及与]+`)
	allPapers     = regexp.MustCompile(`^(?:都|全部|全|所有)?(?:报关)?(?:的)?(?:资料|文件|单证)?$`)
)

// papersIn finds names of an order's papers in words, and what else they say.
func papersIn(words string, papers []orders.Paper) (names []string, rest string) {
	longest := slices.Clone(papers)
	slices.SortStableFunc(longest, func(a, b orders.Paper) int { return len(b.Name) - len(a.Name) })
	for _, p := range longest {
		if strings.Contains(words, p.Name) {
			names = append(names, p.Name)
			words = strings.ReplaceAll(words, p.Name, " ")
		}
	}
	return names, strings.TrimSpace(paperSeps.ReplaceAllString(words, " "))
}

// papers carries out 「资料 SO…」: it shows the check-list of the customs papers, or notes which are there.
func (s *session) papers(tx Tx, cmd command) error {
	words, isThere := "", true
	if m := papersMissing.FindStringSubmatch(cmd.arg); m != nil {
		words, isThere = m[1]+m[2], false
	} else if m := papersThere.FindStringSubmatch(cmd.arg); m != nil {
		words = m[1]
	}
	says := words != "" || isThere && papersThere.MatchString(cmd.arg)
	for _, id := range cmd.orders {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		if says {
			if s.person.staff.May(orders.RightPapers) == orders.ScopeOwn && !s.person.mayTouch(o) {
				return orders.Errorf(orders.CodeDenied, "订单 %s 由 %s 负责，您没有登记资料的权限，没有改动", o.ID, s.staffName(o.Sales))
			}
			var names []string
			if !allPapers.MatchString(words) {
				found, rest := papersIn(words, o.Papers)
				if names = found; rest != "" {
					names = append(names, rest) // is refused by its name
				}
			}
			if o, err = s.clerk.Desk.CheckPapers(tx, id, names, isThere, s.person.actor()); err != nil {
				return err
			}
		} else if cmd.arg != "" {
			s.say(fmt.Sprintf("没有看懂「%s」，没有改动。", cmd.arg))
		}
		s.send(cards.Papers(o), "reply", o.ID)
	}
	return nil
}

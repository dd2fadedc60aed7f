package bot

import (
	"fmt"
	"regexp"
	"strings"

	"orderbot/orders"
	"orderbot/orders/logistics"
)

// pickUps fit where somebody fetches goods: 到朝阳门店自提, 自提，中山路店, 提货点：总仓.
var pickUps = func() []*regexp.Regexp {
	const place = `([^\s,，。;；、:：!！?？]{0,16}?(?:自提点|提货点|自提柜|营业部|网点|柜台|库房|仓库|门店|店|仓))`
	return []*regexp.Regexp{
		regexp.MustCompile(place + `(?:里|门口)?[ ,，]?(?:自提|自取|提货|取货|来提|来取|来拿)`),
		regexp.MustCompile(`(?:自提|自取|提货|取货)(?:地点|门店|地址|点)?[ \t,，:：]*(?:到|去|在|是|为)?` + place),
	}
}()

var (
	placeLead    = regexp.MustCompile(`^.*(?:到|去|在|来)`)
	placeCount   = regexp.MustCompile(`^.*\d\p{Han}`)
	placeGeneric = regexp.MustCompile(`^(?:[我你他]们?|贵)?(?:自己)?(?:自提点|提货点|自提柜|营业部|网点|柜台|库房|仓库|门店|店|仓)$`)
)

// placeIn finds the place in a text, "" where none is named.
func placeIn(text string) string {
	for _, p := range pickUps {
		for _, m := range p.FindAllStringSubmatch(text, -1) {
			found := placeLead.ReplaceAllString(m[1], "")
			if rest := placeCount.ReplaceAllString(found, ""); !placeGeneric.MatchString(rest) {
				found = rest
			}
			if !placeGeneric.MatchString(found) {
				return found
			}
		}
	}
	return ""
}

// pickUp notes where the customer fetches the goods; what a courier brings has no such place.
func (s *session) pickUp(o *orders.Order) {
	place := placeIn(s.message.Text)
	switch {
	case o.Carrier != logistics.Self:
		delete(o.Extra, orders.ExtraPickUp)
	case place != "":
		o.Extra = with(o.Extra, orders.ExtraPickUp, place)
	}
}

// fetched closes an order whose goods the customer has fetched: 自提完成 SO….
func (s *session) fetched(tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		if _, err := s.order(tx, id); err != nil {
			return err
		}
		o, err := s.clerk.Desk.HandOver(tx, id, s.clerk.NewToken(), s.person.actor())
		if err != nil {
			return err
		}
		s.say(strings.TrimSpace(fmt.Sprintf("%s 客户已提货，订单完成。%s", o.ID, o.Extra[orders.ExtraPickUp])))
	}
	return nil
}

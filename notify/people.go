package notify

import (
	"encoding/json"
	"slices"

	"orderbot/cards"
	"orderbot/orders"
)

// chatOn returns the one-to-one chat of a member of the staff on a platform, and false where the
// person has no account there or the platform is not set up.
func chatOn(p orders.Platform, s *orders.Staff, set map[orders.Platform]bool) (orders.Chat, bool) {
	id := ""
	switch p {
	case orders.WeCom:
		id = s.WeCom
	case orders.DingTalk:
		id = s.DingTalk
	default:
	}
	return orders.Chat{Platform: p, ID: id}, id != "" && set[p]
}

// reach returns the first chat in which a person can be reached, trying the platforms in order.
func reach(s *orders.Staff, set map[orders.Platform]bool, order ...orders.Platform) (orders.Chat, bool) {
	for _, p := range order {
		if chat, ok := chatOn(p, s, set); ok {
			return chat, true
		}
	}
	return orders.Chat{}, false
}

// withRoles returns who holds any of the roles, in the order of the roles, then of the staff list,
// each person once.
func withRoles(cat *orders.Catalog, roles ...orders.Role) []*orders.Staff {
	var out []*orders.Staff
	for _, role := range roles {
		for _, s := range cat.StaffWith(role) {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// overseers are told when something is stuck.
func overseers(cat *orders.Catalog) []*orders.Staff {
	return withRoles(cat, orders.RoleOperations, orders.RoleManagement, orders.RoleAdmin)
}

// body is a message as the outbox keeps it.
func body(m cards.Message) json.RawMessage {
	raw, err := json.Marshal(m)
	if err != nil { // texts always marshal
		panic(err)
	}
	return raw
}

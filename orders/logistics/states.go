package logistics

import "orderbot/orders"

// kuaidi100States are the states of Kuaidi100 and its fine codes (resultv2 4 and up). Goods on
// their way back, held at customs or refused are an exception until the sender has them again.
var kuaidi100States = map[string]orders.ParcelState{
	"0":  orders.ParcelInTransit,
	"1":  orders.ParcelPickedUp,
	"2":  orders.ParcelException,
	"3":  orders.ParcelDelivered,
	"4":  orders.ParcelReturned,
	"5":  orders.ParcelOut,
	"6":  orders.ParcelException, // returning
	"7":  orders.ParcelInTransit, // forwarded to another carrier
	"8":  orders.ParcelInTransit, // customs
	"10": orders.ParcelInTransit,
	"11": orders.ParcelInTransit,
	"12": orders.ParcelInTransit,
	"13": orders.ParcelException, // customs: abnormal
	"14": orders.ParcelException, // refused

	"101": orders.ParcelNone, // ordered
	"102": orders.ParcelNone, // waiting for pick-up
	"103": orders.ParcelPickedUp,
	"401": orders.ParcelException, // cancelled
}

// Kuaidi100State returns what a state or fine status code of Kuaidi100 means. ischeck "1" is its
// final word that the parcel was signed for, be it by the receiver or, sent back, by the sender.
// An unknown code counts as its family, none at all as nothing known.
func Kuaidi100State(state, ischeck string) orders.ParcelState {
	s, ok := kuaidi100States[state]
	switch {
	case ok:
	case len(state) == 4 && state[0] == '1':
		s = orders.ParcelInTransit
	case len(state) >= 3:
		s = kuaidi100States[state[:1]]
	}
	if ischeck == "1" && s != orders.ParcelReturned {
		return orders.ParcelDelivered
	}
	return s
}

// StateNames gives the Chinese word of each parcel state.
var StateNames = map[orders.ParcelState]string{
	orders.ParcelNone: "待揽收", orders.ParcelPickedUp: "已揽收", orders.ParcelInTransit: "在途中", orders.ParcelOut: "派件中",
	orders.ParcelDelivered: "已签收", orders.ParcelException: "异常", orders.ParcelReturned: "已退回",
}

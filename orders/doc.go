// Package orders is the domain of orderbot: sales orders from the first message to the
// signature, with customers, products, money, stock reservations, approvals and shipments.
//
// It knows no transport, no storage and no chat platform: those meet it through the ports of
// this package ([Store], [Tx]) and the events that its verbs return. Its only dependencies are
// the standard library and decimal numbers.
package orders

package orders

import (
	"fmt"
	"strings"
)

// ExtraContract is the field of an order's Extra that says that its contract is to be sent once it is approved.
const ExtraContract = "合同"

// Contracted tells whether the order is approved, so that it can have a contract.
func (o *Order) Contracted() bool {
	_, isApproved := o.Reached[StatusApproved]
	return isApproved && o.Status != StatusCancelled && o.Status != StatusRejected && o.Status != StatusDraft
}

// NeedsContract tells whether the order's contract is to be sent when it is approved: somebody asked for it, or something is made to
// measure (定制品).
func (o *Order) NeedsContract(cat *Catalog) bool {
	return o.Extra[ExtraContract] != "" || o.made(cat)
}

// WantContract notes that the contract of an order that is not approved yet is to be sent then.
func (d *Desk) WantContract(tx Tx, id OrderID, by Actor) error {
	o, err := tx.Order(id)
	switch {
	case err != nil:
		return err
	case o.Status == StatusDraft:
		if o, err = d.OpenDraft(tx, id); err != nil {
			return err
		}
	case o.Status != StatusPendingApproval:
		return Errorf(CodeConflict, "订单 %s 是「%s」，没有合同", o.ID, o.Status)
	}
	if o.Extra[ExtraContract] != "" {
		return nil
	}
	if o.Extra == nil {
		o.Extra = make(map[string]string)
	}
	o.Extra[ExtraContract] = "批准后发"
	if err := tx.SaveOrder(o); err != nil {
		return err
	}
	return tx.Audit(d.entry(o, by, "要合同", "", "批准后发", ""))
}

// contractMark changes where what the contract says of goods and money does.
func (o *Order) contractMark() string {
	mark := []string{fmt.Sprint(int64(o.Payable()))}
	for i := range o.Lines {
		mark = append(mark, fmt.Sprintf("%s %s", o.Lines[i].Product, o.Lines[i].Base))
	}
	return strings.Join(mark, ", ")
}

// SignContract notes that the customer has signed the contract of an order, as it is now, once; note says by whom, or where the paper is.
func (d *Desk) SignContract(tx Tx, id OrderID, note string, by Actor) error {
	o, err := tx.Order(id)
	if err != nil {
		return err
	}
	switch mark := o.contractMark(); {
	case !o.Contracted():
		return Errorf(CodeConflict, "订单 %s 是「%s」，还没有合同可签，没有登记", o.ID, o.Status)
	case o.Work.Signed == mark:
		return Errorf(CodeConflict, "订单 %s 的合同已经登记过签订，不用再操作", o.ID)
	default:
		o.Work.Signed = mark
	}
	if err := tx.SaveOrder(o); err != nil {
		return err
	}
	return tx.Audit(d.entry(o, by, "合同签订", "", "", note))
}

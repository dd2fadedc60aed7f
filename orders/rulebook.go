package orders

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// RuleVersion is one version of the firm's rules, for good.
type RuleVersion struct {
	Number int
	Text   string // the whole rules file
	Sum    string // SHA-256 of Text in hex: the same text is the same version
	Note   string // where it comes from or what is new, for people
	By     string // a staff code, or "system"
	ByName string
	At     time.Time
}

// RuleChange puts a version in force. The last one tells which version that is; there is always exactly one.
type RuleChange struct {
	Number  int
	Was     int  // the version before, 0: none
	Back    bool // 回退: it takes a change back
	By      string
	ByName  string
	Channel Platform
	At      time.Time
	Reason  string
}

// RuleTx is what the versions of the rules need of a transaction.
type RuleTx interface {
	// RuleChanges returns what was put in force when, oldest first, under a lock.
	RuleChanges() ([]RuleChange, error)
	// RuleVersion returns a version: CodeNotFound where there is none.
	RuleVersion(number int) (*RuleVersion, error)
	// RuleVersions returns all of them, oldest first, without their texts.
	RuleVersions() ([]RuleVersion, error)
	// AddRuleVersion stores a version under the next number, and returns it as it is stored: the one that was
	// there where the text is the same.
	AddRuleVersion(v RuleVersion) (stored *RuleVersion, isNew bool, err error)
	// ChangeRules puts a version in force.
	ChangeRules(c RuleChange) error
	// Audit appends to the record of changes.
	Audit(entries ...AuditEntry) error
}

// MayRule refuses who may not change the rules.
func (a Actor) MayRule() error {
	if a == SystemActor || a.Staff.May(RightRules) == ScopeAll {
		return nil
	}
	return Errorf(CodeDenied, "改审批规则要管理员，您没有这个权限，没有改动")
}

// InForce returns the change that holds; nil where there are no rules yet.
func InForce(changes []RuleChange) *RuleChange {
	if len(changes) == 0 {
		return nil
	}
	return &changes[len(changes)-1]
}

// BeforeChange returns the version that 回退 leads to: taking back again goes one further, not to and fro. 0: there is none.
func BeforeChange(changes []RuleChange) int {
	var held []int
	for _, c := range changes {
		if c.Back && len(held) > 1 {
			held = held[:len(held)-1]
		} else {
			held = append(held, c.Number)
		}
	}
	if len(held) < 2 {
		return 0
	}
	return held[len(held)-2]
}

// AddRules stores rules, which must be sound, as a version that is not in force yet.
func AddRules(tx RuleTx, text, note string, by Actor, now time.Time) (v *RuleVersion, isNew bool, err error) {
	if err := by.MayRule(); err != nil {
		return nil, false, err
	}
	sum := sha256.Sum256([]byte(text))
	v, isNew, err = tx.AddRuleVersion(RuleVersion{Text: text, Sum: hex.EncodeToString(sum[:]), Note: note, By: by.Code, ByName: by.Name, At: now})
	if err != nil || !isNew {
		return v, false, err
	}
	return v, true, tx.Audit(AuditEntry{At: now, Actor: by.Code, Channel: by.Channel, Action: "新规则", After: v.Title(), Reason: note, Trace: by.Trace})
}

// PutInForce puts a version of the rules in force, once: whoever asks for it again learns that it is. seen is how many
// changes there had been when the asker looked.
func PutInForce(tx RuleTx, number, seen int, back bool, reason string, by Actor, now time.Time) error {
	if err := by.MayRule(); err != nil {
		return err
	}
	changes, err := tx.RuleChanges()
	if err != nil {
		return err
	}
	v, err := tx.RuleVersion(number)
	if err != nil {
		return err
	}
	c := RuleChange{Number: number, Back: back, By: by.Code, ByName: by.Name, Channel: by.Channel, At: now, Reason: reason}
	before := "没有规则"
	if last := InForce(changes); last != nil {
		switch {
		case last.Number == number:
			return Errorf(CodeConflict, "第 %d 版规则已经在用了（%s %s启用），不用再操作", number, last.At.In(now.Location()).Format("01-02 15:04"), last.ByName)
		case len(changes) != seen:
			return Errorf(CodeConflict, "您看过之后规则换过了，现在用的是第 %d 版（%s启用），没有改动。请再发一次「规则 启用 %d」看看差别", last.Number, last.ByName, number)
		}
		c.Was, before = last.Number, fmt.Sprintf("第 %d 版", last.Number)
	}
	if err := tx.ChangeRules(c); err != nil {
		return err
	}
	action := "启用规则"
	if back {
		action = "回退规则"
	}
	return tx.Audit(AuditEntry{At: now, Actor: by.Code, Channel: by.Channel, Action: action, Before: before, After: v.Title(), Reason: reason, Trace: by.Trace})
}

// Title names a version by its number and checksum.
func (v *RuleVersion) Title() string { return fmt.Sprintf("第 %d 版（%.8s）", v.Number, v.Sum) }

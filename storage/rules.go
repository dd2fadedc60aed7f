package storage

import (
	"context"
	"fmt"

	"orderbot/orders"
)

type ruleVersionRow struct {
	Number   int `gorm:"primaryKey;autoIncrement:false"`
	Text     string
	Sum      string
	Note     string
	ByPerson string
	ByName   string
	At       int64
}

func (*ruleVersionRow) TableName() string { return "rule_versions" }

func (r *ruleVersionRow) toDomain() orders.RuleVersion {
	return orders.RuleVersion{Number: r.Number, Text: r.Text, Sum: r.Sum, Note: r.Note, By: r.ByPerson, ByName: r.ByName, At: fromMS(r.At)}
}

type ruleChangeRow struct {
	ID       int64 `gorm:"primaryKey"`
	Number   int
	Was      int
	Back     bool
	ByPerson string
	ByName   string
	Channel  string
	At       int64
	Reason   string
}

func (*ruleChangeRow) TableName() string { return "rule_changes" }

// lockRules makes transactions that change the rules wait for each other.
func (tx *Tx) lockRules() error {
	var n int64
	return wrap("lock rules", tx.db.Raw("SELECT value FROM counters WHERE name = 'rules'"+tx.s.forUpdate()).Scan(&n).Error)
}

// RuleChanges returns what was put in force when, oldest first, under a lock.
func (tx *Tx) RuleChanges() ([]orders.RuleChange, error) {
	if err := tx.lockRules(); err != nil {
		return nil, err
	}
	var rows []ruleChangeRow
	if err := tx.db.Raw("SELECT * FROM rule_changes ORDER BY id").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read changes of the rules: %w", err)
	}
	out := make([]orders.RuleChange, len(rows))
	for i, r := range rows {
		out[i] = orders.RuleChange{
			Number: r.Number, Was: r.Was, Back: r.Back, By: r.ByPerson, ByName: r.ByName, Channel: orders.Platform(r.Channel), At: fromMS(r.At), Reason: r.Reason,
		}
	}
	return out, nil
}

// RuleVersion returns a version of the rules: CodeNotFound where there is none.
func (tx *Tx) RuleVersion(number int) (*orders.RuleVersion, error) {
	found, err := tx.ruleVersions("SELECT * FROM rule_versions WHERE number = ?", number)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, orders.Errorf(orders.CodeNotFound, "没有第 %d 版规则，发「规则 历史」看有哪些", number)
	}
	return &found[0], nil
}

// RuleVersions returns all versions of the rules, oldest first, without their texts.
func (tx *Tx) RuleVersions() ([]orders.RuleVersion, error) {
	return tx.ruleVersions("SELECT number, sum, note, by_person, by_name, at FROM rule_versions ORDER BY number")
}

func (tx *Tx) ruleVersions(query string, args ...any) ([]orders.RuleVersion, error) {
	var rows []ruleVersionRow
	if err := tx.db.Raw(query, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read versions of the rules: %w", err)
	}
	out := make([]orders.RuleVersion, len(rows))
	for i := range rows {
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// AddRuleVersion stores a version under the next number; one of the same text is returned as it is.
func (tx *Tx) AddRuleVersion(v orders.RuleVersion) (*orders.RuleVersion, bool, error) {
	if err := tx.lockRules(); err != nil {
		return nil, false, err
	}
	found, err := tx.ruleVersions("SELECT * FROM rule_versions WHERE sum = ?", v.Sum)
	if err != nil {
		return nil, false, err
	}
	if len(found) > 0 {
		return &found[0], false, nil
	}
	row := ruleVersionRow{Text: v.Text, Sum: v.Sum, Note: v.Note, ByPerson: v.By, ByName: v.ByName, At: toMS(v.At)}
	if err := tx.db.Raw("SELECT COALESCE(MAX(number), 0) + 1 FROM rule_versions").Scan(&row.Number).Error; err != nil {
		return nil, false, fmt.Errorf("number of the rules: %w", err)
	}
	if err := tx.db.Create(&row).Error; err != nil {
		return nil, false, fmt.Errorf("store rules: %w", err)
	}
	out := row.toDomain()
	return &out, true, nil
}

// ChangeRules puts a version of the rules in force.
func (tx *Tx) ChangeRules(c orders.RuleChange) error {
	if err := tx.lockRules(); err != nil {
		return err
	}
	err := tx.db.Create(&ruleChangeRow{
		Number: c.Number, Was: c.Was, Back: c.Back, ByPerson: c.By, ByName: c.ByName, Channel: string(c.Channel), At: toMS(c.At), Reason: c.Reason,
	}).Error
	if err != nil {
		return fmt.Errorf("put rules in force: %w", err)
	}
	return wrap("put rules in force", tx.db.Exec("UPDATE counters SET value = ? WHERE name = 'rules'", c.Number).Error)
}

// RulesInForce returns the number of the version that is in force, 0 where there is none yet. It is read often.
func (s *Store) RulesInForce(ctx context.Context) (int, error) {
	var number int
	err := s.db.WithContext(ctx).Raw("SELECT value FROM counters WHERE name = 'rules'").Scan(&number).Error
	return number, wrap("read which rules are in force", err)
}

// Rules returns the text of a version of the rules: CodeNotFound where there is none.
func (s *Store) Rules(ctx context.Context, number int) (string, error) {
	var found []string
	if err := s.db.WithContext(ctx).Raw("SELECT text FROM rule_versions WHERE number = ?", number).Scan(&found).Error; err != nil {
		return "", fmt.Errorf("read rules: %w", err)
	}
	if len(found) == 0 {
		return "", orders.Errorf(orders.CodeNotFound, "没有第 %d 版规则", number)
	}
	return found[0], nil
}

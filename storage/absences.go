package storage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

type absenceRow struct {
	ID      int64 `gorm:"primaryKey"`
	Staff   string
	FromAt  int64
	Until   int64
	Deputy  string
	ByStaff string
	At      int64
	State   int
	Version int64
}

func (*absenceRow) TableName() string { return "absences" }

func absences(db *gorm.DB, where string, args ...any) ([]orders.Absence, error) {
	var rows []absenceRow
	if err := db.Raw("SELECT * FROM absences WHERE "+where+" ORDER BY id", args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read absences: %w", err)
	}
	var out []orders.Absence
	for _, r := range rows {
		out = append(out, orders.Absence{
			ID: r.ID, Staff: orders.StaffCode(r.Staff), From: fromMS(r.FromAt), Until: fromMS(r.Until), Deputy: orders.StaffCode(r.Deputy),
			By: orders.StaffCode(r.ByStaff), Version: r.Version,
		})
	}
	return out, nil
}

// Leave notes that somebody will be away. All replicas know within seconds.
func (tx *Tx) Leave(a orders.Absence) error {
	version, err := tx.add("counters", "name", "value", "catalog", 1)
	if err != nil {
		return fmt.Errorf("note absence: %w", err)
	}
	row := absenceRow{
		Staff: string(a.Staff), FromAt: toMS(a.From), Until: toMS(a.Until), Deputy: string(a.Deputy), ByStaff: string(a.By), At: toMS(tx.s.now()),
		Version: version,
	}
	return wrap("note absence", tx.db.Create(&row).Error)
}

// Return ends the absences of somebody that are not over yet, and returns how many there were.
func (tx *Tx) Return(who orders.StaffCode, now time.Time) (int, error) {
	version, err := tx.add("counters", "name", "value", "catalog", 1)
	if err != nil {
		return 0, fmt.Errorf("end absence: %w", err)
	}
	r := tx.db.Exec("UPDATE absences SET until = ?, version = ? WHERE staff = ? AND state < 2 AND until > ?", toMS(now), version, string(who), toMS(now))
	return int(r.RowsAffected), wrap("end absence", r.Error)
}

// TurnedAbsences returns the absences that have begun or ended since they were last acted upon.
func (s *Store) TurnedAbsences(ctx context.Context, now time.Time) ([]orders.Absence, error) {
	return absences(s.db.WithContext(ctx), "state < 2 AND until <= ? OR state = 0 AND from_at <= ?", toMS(now), toMS(now))
}

// ActedOnAbsence notes that an absence was acted upon as it was at a moment.
func (s *Store) ActedOnAbsence(ctx context.Context, a orders.Absence, now time.Time) error {
	state := 1
	if !a.Until.After(now) {
		state = 2
	}
	err := s.db.WithContext(ctx).Exec("UPDATE absences SET state = ? WHERE id = ? AND state < ? AND until = ?", state, a.ID, state, toMS(a.Until)).Error
	return wrap("note absence", err)
}

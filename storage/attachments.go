package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

type attachmentRow struct {
	OrderID   string `gorm:"primaryKey"`
	No        int    `gorm:"primaryKey"`
	Digest    string
	Name      string
	Size      int
	Note      string
	ByPerson  string
	ByName    string
	Customer  bool
	At        int64
	RemovedAt int64
	RemovedBy string
}

func (*attachmentRow) TableName() string { return "attachments" }

func (r *attachmentRow) toDomain() orders.Attachment {
	return orders.Attachment{
		Order: orders.OrderID(r.OrderID), No: r.No, Digest: r.Digest, Name: r.Name, Size: r.Size, Note: r.Note,
		By: r.ByPerson, ByName: r.ByName, Customer: r.Customer, At: fromMS(r.At),
	}
}

func (tx *Tx) attachments(id orders.OrderID) ([]attachmentRow, error) {
	var rows []attachmentRow
	if err := tx.db.Raw("SELECT * FROM attachments WHERE order_id = ? ORDER BY no", string(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read attachments of %s: %w", id, err)
	}
	return rows, nil
}

// Attachments returns the files of an order, by their numbers.
func (tx *Tx) Attachments(id orders.OrderID) ([]orders.Attachment, error) {
	rows, err := tx.attachments(id)
	var out []orders.Attachment
	for i := range rows {
		if rows[i].RemovedAt == 0 {
			out = append(out, rows[i].toDomain())
		}
	}
	return out, err
}

// PutAttachment keeps a file and returns it with its number and digest: those that it has where the order has the same
// content already. The caller holds the order's lock.
func (tx *Tx) PutAttachment(a orders.Attachment, data []byte) (orders.Attachment, error) {
	rows, err := tx.attachments(a.Order)
	if err != nil {
		return a, err
	}
	sum := sha256.Sum256(data)
	a.Digest, a.No = hex.EncodeToString(sum[:]), 1
	for i := range rows {
		if rows[i].Digest == a.Digest && rows[i].RemovedAt == 0 {
			return rows[i].toDomain(), nil
		}
		a.No = rows[i].No + 1
	}
	if err := tx.putBlob(a.Digest, data); err != nil {
		return a, err
	}
	row := attachmentRow{
		OrderID: string(a.Order), No: a.No, Digest: a.Digest, Name: a.Name, Size: a.Size, Note: a.Note,
		ByPerson: a.By, ByName: a.ByName, Customer: a.Customer, At: toMS(a.At),
	}
	return a, wrap("keep attachment", tx.db.Create(&row).Error)
}

// DropAttachment takes a file off its order.
func (tx *Tx) DropAttachment(id orders.OrderID, no int, by string, at time.Time) error {
	return wrap("drop attachment", tx.db.Exec(
		"UPDATE attachments SET removed_at = ?, removed_by = ? WHERE order_id = ? AND no = ? AND removed_at = 0", toMS(at), by, string(id), no).Error)
}

// chunkSize keeps a row well under what MySQL takes in one packet.
const chunkSize = 1 << 20

type blobRow struct {
	Digest string `gorm:"primaryKey"`
	No     int    `gorm:"primaryKey"`
	Chunks int
	Data   []byte
}

func (*blobRow) TableName() string { return "blobs" }

// putBlob keeps a content once, whoever else keeps it at the same time.
func (tx *Tx) putBlob(digest string, data []byte) error {
	var have int
	if err := tx.db.Raw("SELECT COUNT(*) FROM blobs WHERE digest = ?", digest).Scan(&have).Error; err != nil || have > 0 {
		return wrap("look for content", err)
	}
	chunks := slices.Collect(slices.Chunk(data, chunkSize))
	for i, c := range chunks {
		err := tx.db.Create(&blobRow{Digest: digest, No: i, Chunks: len(chunks), Data: c}).Error
		if err != nil && !errors.Is(err, gorm.ErrDuplicatedKey) {
			return fmt.Errorf("keep content: %w", err)
		}
	}
	return nil
}

// Blob returns the content of that digest: CodeNotFound where there is none.
func (s *Store) Blob(ctx context.Context, digest string) ([]byte, error) {
	var rows []blobRow
	if err := s.db.WithContext(ctx).Raw("SELECT * FROM blobs WHERE digest = ? ORDER BY no", digest).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	if len(rows) == 0 || len(rows) != rows[0].Chunks {
		return nil, orders.Errorf(orders.CodeNotFound, "附件已不在")
	}
	var data bytes.Buffer
	for i := range rows {
		data.Write(rows[i].Data)
	}
	return data.Bytes(), nil
}

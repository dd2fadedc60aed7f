package storage

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// Secret returns the secret of that name: 32 random bytes, made once, the same for all replicas.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	for {
		var found []string
		if err := s.db.WithContext(ctx).Raw("SELECT value FROM secrets WHERE name = ?", name).Scan(&found).Error; err != nil {
			return nil, fmt.Errorf("read secret %s: %w", name, err)
		}
		if len(found) > 0 {
			return hex.DecodeString(found[0])
		}
		var secret [32]byte
		_, _ = rand.Read(secret[:]) // never fails
		_, err := s.exec(ctx, "INSERT INTO secrets (name, value) VALUES (?, ?)", name, hex.EncodeToString(secret[:]))
		if err != nil && !errors.Is(err, gorm.ErrDuplicatedKey) {
			return nil, fmt.Errorf("make secret %s: %w", name, err)
		}
	}
}

// APIToken is a key to the open API. The token itself is not kept, only its digest.
type APIToken struct {
	Name      string
	Scopes    []string
	CreatedAt time.Time
	RevokedAt time.Time // zero while it is good
}

type tokenRow struct {
	Name      string `gorm:"primaryKey"`
	Hash      string
	Scopes    string
	Created   int64 `gorm:"column:created_at"`
	RevokedAt int64
}

func (*tokenRow) TableName() string { return "api_tokens" }

func (r *tokenRow) toDomain() (APIToken, error) {
	t := APIToken{Name: r.Name, CreatedAt: fromMS(r.Created), RevokedAt: fromMS(r.RevokedAt)}
	return t, fromJSON(r.Scopes, &t.Scopes)
}

// CreateToken makes an API token and returns it, this once. It returns a CodeConflict error where
// the name is taken, by a revoked token too, so that old log lines stay clear.
func (s *Store) CreateToken(ctx context.Context, name string, scopes ...string) (string, error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	token := "ob_" + base64.RawURLEncoding.EncodeToString(random[:])
	_, err := s.exec(ctx, "INSERT INTO api_tokens (name, hash, scopes, created_at, revoked_at) VALUES (?, ?, ?, ?, 0)",
		name, tokenHash(token), toJSON(scopes), toMS(s.now()))
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return "", orders.Errorf(orders.CodeConflict, "令牌名称 %s 已经用过", name)
	}
	if err != nil {
		return "", fmt.Errorf("create token: %w", err)
	}
	return token, nil
}

// tokenHash needs no salt: a token has 256 random bits.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Tokens lists the API tokens, oldest first, revoked ones too.
func (s *Store) Tokens(ctx context.Context) ([]APIToken, error) {
	var rows []tokenRow
	if err := s.db.WithContext(ctx).Raw("SELECT * FROM api_tokens ORDER BY created_at, name").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	out := make([]APIToken, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].toDomain(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RevokeToken makes a token worthless: CodeNotFound where no good one has that name.
func (s *Store) RevokeToken(ctx context.Context, name string) error {
	n, err := s.exec(ctx, "UPDATE api_tokens SET revoked_at = ? WHERE name = ? AND revoked_at = 0", toMS(s.now()), name)
	if err == nil && n == 0 {
		return orders.Errorf(orders.CodeNotFound, "没有名称为 %s 的有效令牌", name)
	}
	return wrap("revoke token", err)
}

// CheckToken returns what a token may do: CodeDenied where it is unknown or revoked.
func (s *Store) CheckToken(ctx context.Context, token string) (APIToken, error) {
	var rows []tokenRow
	err := s.db.WithContext(ctx).Raw("SELECT * FROM api_tokens WHERE hash = ? AND revoked_at = 0", tokenHash(token)).Scan(&rows).Error
	if err != nil {
		return APIToken{}, fmt.Errorf("check token: %w", err)
	}
	if len(rows) == 0 {
		return APIToken{}, orders.Errorf(orders.CodeDenied, "令牌无效或已撤销")
	}
	return rows[0].toDomain()
}

// slotKept is how long taken slots are remembered; every slot must be over by then.
const slotKept = time.Hour

// TakeSlot tells whether the caller is the first to take a slot, a job's name with its time: of
// all replicas whose clock strikes, one does the job.
func (s *Store) TakeSlot(ctx context.Context, slot string) (bool, error) {
	now := s.now()
	_, err := s.exec(ctx, "INSERT INTO slots (slot, at) VALUES (?, ?)", keyText(slot), toMS(now))
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take slot: %w", err)
	}
	_, err = s.exec(ctx, "DELETE FROM slots WHERE at < ?", toMS(now.Add(-slotKept)))
	return true, wrap("forget slots", err)
}

// Spend takes one of limit calls of that name on a day, for all replicas together; false when none
// is left.
func (s *Store) Spend(ctx context.Context, name, day string, limit int) (bool, error) {
	counter := name + " " + day
	for {
		n, err := s.exec(ctx, "UPDATE counters SET value = value + 1 WHERE name = ? AND value < ?", counter, limit)
		if err != nil || n > 0 {
			return n > 0, wrap("spend "+name, err)
		}
		var known int
		if err := s.db.WithContext(ctx).Raw("SELECT COUNT(*) FROM counters WHERE name = ?", counter).Scan(&known).Error; err != nil || known > 0 {
			return false, wrap("spend "+name, err)
		}
		if _, err := s.exec(ctx, "INSERT INTO counters (name, value) VALUES (?, 0)", counter); err != nil && !errors.Is(err, gorm.ErrDuplicatedKey) {
			return false, fmt.Errorf("spend %s: %w", name, err)
		}
	}
}

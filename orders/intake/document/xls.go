package document

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"orderbot/orders"
	"orderbot/orders/intake/page"
)

const convertTime = 60 * time.Second

// openXLS converts an old Excel file with LibreOffice, where it is installed, in a folder of its own; macros
// are not run by a conversion.
func openXLS(ctx context.Context, data []byte) (*page.Document, error) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		return nil, orders.Errorf(orders.CodeInvalid, "读不了旧版 Excel（.xls）文件，请另存为 .xlsx 再发。")
	}
	dir, err := os.MkdirTemp("", "orderbot-xls-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "order.xls"), data, 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, convertTime)
	defer cancel()
	//nolint:gosec // fixed arguments; the file is our own copy
	convert := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
		"--headless", "--norestore", "--convert-to", "xlsx", "--outdir", dir, filepath.Join(dir, "order.xls"))
	if out, err := convert.CombinedOutput(); err != nil {
		return nil, damaged(&convertError{string(out), err})
	}
	converted, err := os.ReadFile(filepath.Join(dir, "order.xlsx")) //nolint:gosec // in our folder
	if err != nil {
		return nil, damaged(err)
	}
	return openXLSX(converted)
}

// convertError is what LibreOffice said.
type convertError struct {
	output string
	err    error
}

func (e *convertError) Error() string { return "convert xls: " + e.err.Error() + ": " + e.output }
func (e *convertError) Unwrap() error { return e.err }

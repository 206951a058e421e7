package seafoam_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"testing"
)

// Every exported item says what it is: functions, methods, types, constants, variables, and the fields
// and methods that users of a type see.
func TestEveryExportedItemIsDocumented(t *testing.T) {
	filter := func(file fs.FileInfo) bool { return !strings.HasSuffix(file.Name(), "_test.go") }
	packages := must1(parser.ParseDir(token.NewFileSet(), ".", filter, parser.ParseComments))(t)
	seen := 0
	check := func(name string, docs ...*ast.CommentGroup) {
		seen++
		for _, doc := range docs {
			if len(strings.TrimSpace(doc.Text())) > len(name) {
				return
			}
		}
		t.Errorf("%s has no documentation", name)
	}
	for _, file := range packages["seafoam"].Files {
		for _, each := range file.Decls {
			switch each := each.(type) {
			case *ast.FuncDecl:
				if each.Name.IsExported() && !strings.HasPrefix(each.Name.Name, "seafoamGo") {
					check(each.Name.Name, each.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range each.Specs {
					documented(spec, each.Doc, check)
				}
			}
		}
	}
	if seen < 300 {
		t.Errorf("only %d items were looked at", seen)
	}
	missed := 0
	count := func(string, ...*ast.CommentGroup) { missed++ }
	control := must1(parser.ParseFile(token.NewFileSet(), "", "package x\ntype Y struct{ Z int }\nconst V = 1", 0))(t)
	for _, each := range control.Decls {
		documented(each.(*ast.GenDecl).Specs[0], nil, count)
	}
	if missed != 3 {
		t.Errorf("the check looks at %d items of 3", missed)
	}
}

func documented(spec ast.Spec, above *ast.CommentGroup, check func(string, ...*ast.CommentGroup)) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() {
				check(name.Name, spec.Doc, spec.Comment, above)
			}
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return
		}
		check(spec.Name.Name, spec.Doc, above)
		var fields *ast.FieldList
		switch made := spec.Type.(type) {
		case *ast.StructType:
			fields = made.Fields
		case *ast.InterfaceType:
			fields = made.Methods
		default:
			return
		}
		for _, field := range fields.List {
			for _, name := range field.Names {
				if name.IsExported() {
					check(spec.Name.Name+"."+name.Name, field.Doc, field.Comment)
				}
			}
		}
	}
}

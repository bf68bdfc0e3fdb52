module peer
go 1.26
require github.com/dineshba/tf-summarize v0.3.14

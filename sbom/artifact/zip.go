package artifact

func (w *walker) zip(c reusable, size int64) {}

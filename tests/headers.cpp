// Linked with one translation unit per public header, each of which includes that header alone, and twice: a header
// that leans on another's includes does not compile, and one that defines something in each program's file does not link.
int main() {}

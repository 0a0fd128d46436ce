/* A library that is no engine: it imports nothing of the API and its one export has a similar name. */
__attribute__((visibility("default"))) int JetPropulsion(void);
int JetPropulsion(void) {
    return 0;
}

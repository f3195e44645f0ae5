#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

namespace {

/// Where SLUICE_TEST_NAMES is set each test says its name when it begins: so that whoever reads the log of a program that hung, and was
/// ended, knows where.
struct Names : doctest::IReporter {
    explicit Names(doctest::ContextOptions const&) {}

    void test_case_start(doctest::TestCaseData const& test) override
    {
        if (tells) std::fprintf(stderr, "%s:%u: %s\n", test.m_file.c_str(), test.m_line, test.m_name);
    }
    void report_query(doctest::QueryData const&) override {}
    void test_run_start() override {}
    void test_run_end(doctest::TestRunStats const&) override {}
    void test_case_reenter(doctest::TestCaseData const&) override {}
    void test_case_end(doctest::CurrentTestCaseStats const&) override {}
    void test_case_exception(doctest::TestCaseException const&) override {}
    void subcase_start(doctest::SubcaseSignature const&) override {}
    void subcase_end() override {}
    void log_assert(doctest::AssertData const&) override {}
    void log_message(doctest::MessageData const&) override {}
    void test_case_skipped(doctest::TestCaseData const&) override {}

    bool const tells = std::getenv("SLUICE_TEST_NAMES") != nullptr;
};
REGISTER_LISTENER("names", 1, Names);

}  // namespace

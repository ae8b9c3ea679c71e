// Everything that can be wrong with a policy, with the place and the words that people see.
#include <gtest/gtest.h>

#include <vector>

#include "support.h"

namespace sluis::policy {
namespace {

struct Wrong {
  const char *name, *text, *problems;
};
void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

// Two good principals in lines 1 to 8, for what follows to refer to.
#define PRINCIPALS                                                              \
  "[[principal]]\nname = \"back\"\nuri = \"urn:back\"\nroles = [\"backend\"]\n" \
  "[[principal]]\nname = \"audit\"\nuri = \"urn:audit\"\nroles = [\"auditor\"]\n"
// A good grant of seven lines but for what is under test.
#define GRANT "[[grant]]\nname = \"g\"\n"

const Wrong syntax[] = {
    {"NoValue", "purposes =\n", "p:1:11: Error while parsing key-value pair: expected value, saw '\\n'\n"},
    {"UnclosedString", "purposes = [\"a]\n\n",
     "p:1:16: Error while parsing string: unescaped control characters other than TAB (U+0009) are explicitly "
     "prohibited\n"},
    {"KeyTwice", "purposes = []\npurposes = []\n",
     "p:2:12: Error while parsing key-value pair: cannot redefine existing array 'purposes'\n"},
    {"NotUtf8", "purposes = [\"\xff\"]\n", "p:1:13: Encountered invalid utf-8 sequence\n"},
};

const Wrong top[] = {
    {"UnknownKey", "purpose = [\"a\"]\n", "p:1:1: unknown key 'purpose' in the policy (did you mean 'purposes'?)\n"},
    {"UnknownTable", "[[role]]\nname = \"x\"\n", "p:1:3: unknown key 'role' in the policy\n"},
    {"PurposesNoList", "purposes = \"a\"\n", "p:1:12: 'purposes' must be a list, not a string\n"},
    {"PurposesEmpty", "purposes = []\n", "p:1:12: 'purposes' is empty\n"},
    {"PurposeNoString", "purposes = [1, true, 1.5, [], {}, 2024-01-01]\n",
     "p:1:13: 'purposes' must hold strings, not an integer\n"
     "p:1:16: 'purposes' must hold strings, not true or false\n"
     "p:1:22: 'purposes' must hold strings, not a decimal number\n"
     "p:1:27: 'purposes' must hold strings, not a list\n"
     "p:1:31: 'purposes' must hold strings, not a table\n"
     "p:1:35: 'purposes' must hold strings, not a date or time\n"},
    {"PurposeTwice", "purposes = [\"a\", \"a\"]\n", "p:1:18: 'a' stands twice in 'purposes'\n"},
    {"PurposeMalformed", "purposes = [\"\u00e9\u00e9\", \"a b\"]\n",
     "p:1:13: '\u00e9\u00e9' is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'\n"
     "p:1:19: 'a b' is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'\n"},
    {"SingleTable", "[principal]\nname = \"x\"\n", "p:1:2: write [[principal]]: there can be several\n"},
    {"ListOfOthers", "grant = [1]\n", "p:1:10: write [[grant]]: there can be several\n"},
};

const Wrong principals[] = {
    {"NothingInIt", "[[principal]]\n",
     "p:1:1: principal has no 'name'\np:1:1: principal has no 'roles'\n"
     "p:1:1: principal has no 'uri' and no 'subject'\n"},
    {"UnknownKey", "[[principal]]\nname = \"x\"\nurl = \"urn:x\"\nroles = [\"auditor\"]\n",
     "p:1:1: principal has no 'uri' and no 'subject'\np:3:1: unknown key 'url' in principal (did you mean 'uri'?)\n"},
    {"Types", "[[principal]]\nname = 1\nuri = true\nroles = \"backend\"\n",
     "p:2:8: 'name' must be a string, not an integer\np:3:7: 'uri' must be a string, not true or false\n"
     "p:4:9: 'roles' must be a list, not a string\n"},
    {"NameReserved", "[[principal]]\nname = \"role:x\"\nuri = \"urn:x\"\nroles = [\"auditor\"]\n",
     "p:2:8: 'role:x' is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'\n"},
    {"NameTwice", PRINCIPALS "[[principal]]\nname = \"back\"\nuri = \"urn:x\"\nroles = [\"auditor\"]\n",
     "p:10:8: principal 'back' is already in line 2\n"},
    {"UnknownRole", "[[principal]]\nname = \"x\"\nuri = \"urn:x\"\nroles = [\"backendd\", \"chief\"]\n",
     "p:4:10: unknown role 'backendd' (did you mean 'backend'?)\np:4:22: unknown role 'chief'\n"},
    {"NoRole", "[[principal]]\nname = \"x\"\nuri = \"urn:x\"\nroles = []\n", "p:4:9: 'roles' is empty\n"},
    {"RoleTwice", "[[principal]]\nname = \"x\"\nuri = \"urn:x\"\nroles = [\"auditor\", \"auditor\"]\n",
     "p:4:21: 'auditor' stands twice in 'roles'\n"},
    {"RolesConflict", "[[principal]]\nname = \"x\"\nuri = \"urn:x\"\nroles = [\"operator\", \"key-custodian\"]\n",
     "p:4:22: roles 'operator' and 'key-custodian' exclude each other: who runs the gateway must not hold the keys\n"},
    {"ThreeRoles",
     "[[principal]]\nname = \"x\"\nuri = \"urn:x\"\nroles = [\"backend\", \"auditor\", \"security-officer\"]\n",
     "p:4:21: roles 'backend' and 'auditor' exclude each other: who reads records must not judge the reading\n"
     "p:4:32: roles 'backend' and 'security-officer' exclude each other: who reads records must not decide who may "
     "read them\n"
     "p:4:32: roles 'auditor' and 'security-officer' exclude each other: who sets the rules must not judge their "
     "working\n"},
    {"UriAndSubject",
     "[[principal]]\nname = \"x\"\nuri = \"urn:x\"\nsubject = \"CN=x\"\nca = \"a\"\nroles = [\"auditor\"]\n",
     "p:4:1: a principal has either a 'uri' or a 'subject', not both\n"},
    {"SubjectWithoutCa", "[[principal]]\nname = \"x\"\nsubject = \"CN=x\"\nroles = [\"auditor\"]\n",
     "p:3:11: a 'subject' needs the 'ca' that vouches for it\n"},
    {"CaMalformed", "[[principal]]\nname = \"x\"\nsubject = \"CN=x\"\nca = \"\"\nroles = [\"auditor\"]\n",
     "p:4:6: '' is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'\n"},
    {"NoUri", "[[principal]]\nname = \"x\"\nuri = \"backend\"\nroles = [\"auditor\"]\n",
     "p:3:7: 'backend' is not a URI\n"},
    {"UriWithSpace", "[[principal]]\nname = \"x\"\nuri = \"urn:x y\"\nroles = [\"auditor\"]\n",
     "p:3:7: 'urn:x y' is not a URI\n"},
    {"UriWithNul", "[[principal]]\nname = \"x\"\nuri = \"urn:x\\u0000\"\nroles = [\"auditor\"]\n",
     "p:3:7: 'urn:x\\x00' is not a URI\n"},
    {"SubjectShape", "[[principal]]\nname = \"x\"\nsubject = \"x\\n\"\nca = \"a\"\nroles = [\"auditor\"]\n",
     "p:3:11: 'x\\x0a' is not a subject such as 'CN=registry,O=Example,C=BE'\n"},
    {"SameUri", PRINCIPALS "[[principal]]\nname = \"x\"\nuri = \"urn:back\"\nroles = [\"auditor\"]\n",
     "p:11:7: the same certificate is already principal 'back' in line 2\n"},
    {"SameUriUnderOneCa",
     PRINCIPALS "[[principal]]\nname = \"x\"\nuri = \"urn:back\"\nca = \"a\"\nroles = [\"auditor\"]\n",
     "p:11:7: the same certificate is already principal 'back' in line 2\n"},
    {"SameSubject",
     "[[principal]]\nname = \"x\"\nsubject = \"CN=x\"\nca = \"a\"\nroles = [\"auditor\"]\n"
     "[[principal]]\nname = \"y\"\nsubject = \"CN=x\"\nca = \"b\"\nroles = [\"auditor\"]\n"
     "[[principal]]\nname = \"z\"\nsubject = \"CN=x\"\nca = \"a\"\nroles = [\"auditor\"]\n",
     "p:13:11: the same certificate is already principal 'x' in line 2\n"},
};

const Wrong grants[] = {
    {"NothingInIt", "[[grant]]\n",
     "p:1:1: grant has no 'name'\np:1:1: grant has no 'to'\np:1:1: grant has no 'actions'\n"},
    {"UnknownKey", PRINCIPALS GRANT "to = [\"audit\"]\nactions = [\"audit.read\"]\ncase_requird = true\n",
     "p:13:1: unknown key 'case_requird' in grant (did you mean 'case_required'?)\n"},
    {"NameOfTheDefault", PRINCIPALS "[[grant]]\nname = \"default\"\nto = [\"audit\"]\nactions = [\"audit.read\"]\n",
     "p:10:8: 'default' is the name of the rule that denies: choose another\n"},
    {"NameTwice",
     PRINCIPALS GRANT "to = [\"audit\"]\nactions = [\"audit.read\"]\n" GRANT
                      "to = [\"audit\"]\nactions = [\"audit.read\"]\n",
     "p:14:8: grant 'g' is already in line 10\n"},
    {"UnknownPrincipal",
     PRINCIPALS GRANT "to = [\"aduit\", \"x\", \"auditor\", \"role:auditer\", \"*\"]\nactions = [\"audit.read\"]\n",
     "p:11:7: unknown principal 'aduit' (did you mean 'audit'?)\n"
     "p:11:16: unknown principal 'x'\n"
     "p:11:21: unknown principal 'auditor' (did you mean 'role:auditor'?)\n"
     "p:11:32: unknown role 'auditer' (did you mean 'auditor'?)\n"
     "p:11:48: unknown principal '*'\n"},
    {"UnknownAction", PRINCIPALS GRANT "to = [\"audit\"]\nactions = [\"audit.raed\", \"*\", \"record.*\", \"x\"]\n",
     "p:12:12: unknown action 'audit.raed' (did you mean 'audit.read'?)\n"
     "p:12:26: '*' is too much for one grant: name actions or groups such as 'records.*'\n"
     "p:12:31: unknown action 'record.*' (did you mean 'records.*'?)\n"
     "p:12:43: unknown action 'x'\n"},
    {"ActionNotForRole",
     PRINCIPALS GRANT "to = [\"back\", \"role:operator\"]\nactions = [\"audit.read\", \"policy.*\", \"status.read\"]\n",
     "p:12:12: 'audit.read' cannot be granted to 'back': it is for the role auditor\n"
     "p:12:12: 'audit.read' cannot be granted to 'role:operator': it is for the role auditor\n"
     "p:12:26: 'policy.*' cannot be granted to 'back': it is for the role security-officer, auditor\n"
     "p:12:26: 'policy.*' cannot be granted to 'role:operator': it is for the role security-officer, auditor\n"
     "p:12:38: 'status.read' cannot be granted to 'back': it is for the role security-officer, auditor, "
     "key-custodian, operator\n"},
    {"NoCollections", PRINCIPALS GRANT "to = [\"back\"]\nactions = [\"records.put\"]\n",
     "p:9:1: grant has no 'collections'\n"},
    {"NoKeys", PRINCIPALS GRANT "to = [\"audit\"]\nactions = [\"keys.read\"]\n", "p:9:1: grant has no 'keys'\n"},
    {"NoFields", PRINCIPALS GRANT "to = [\"back\"]\nactions = [\"records.*\"]\ncollections = [\"*\"]\n",
     "p:9:1: grant has no 'fields'\n"},
    {"TargetsOfNothing",
     PRINCIPALS GRANT
     "to = [\"audit\"]\nactions = [\"audit.read\"]\ncollections = [\"*\"]\nkeys = [\"*\"]\nfields = [\"*\"]\n"
     "search_by = [\"a\"]\n",
     "p:13:1: no action of this grant is on a collection\np:14:1: no action of this grant is on a key\n"
     "p:15:1: no action of this grant returns fields\np:16:1: no action of this grant searches\n"},
    {"TargetsMalformed",
     PRINCIPALS GRANT
     "to = [\"back\"]\nactions = [\"records.read\"]\ncollections = [\"a\", \"*\"]\nfields = [\"a/b\", \"b*\"]\n",
     "p:13:21: '*' in 'collections' must stand alone\n"
     "p:14:11: 'a/b' is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'\n"
     "p:14:18: 'b*' is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'\n"},
    {"NoPurposes",
     "purposes = [\"x\"]\n" PRINCIPALS GRANT
     "to = [\"back\"]\nactions = [\"records.attest\"]\ncollections = [\"a\"]\nfields = [\"*\"]\n",
     "p:10:1: grant opens sealed values and has no 'purposes'\n"},
    {"UnknownPurpose",
     "purposes = [\"verify\"]\n" PRINCIPALS GRANT
     "to = [\"back\"]\nactions = [\"records.put\"]\ncollections = [\"a\"]\npurposes = [\"verfiy\", \"z\"]\n",
     "p:15:13: unknown purpose 'verfiy' (did you mean 'verify'?)\np:15:23: unknown purpose 'z'\n"},
    {"PurposesOfNone",
     PRINCIPALS GRANT "to = [\"back\"]\nactions = [\"records.put\"]\ncollections = [\"a\"]\npurposes = [\"*\"]\n",
     "p:14:13: the policy lists no purposes\n"},
    {"CaseType", PRINCIPALS GRANT "to = [\"audit\"]\nactions = [\"audit.read\"]\ncase_required = \"yes\"\n",
     "p:13:17: 'case_required' must be true or false, not a string\n"},
    {"OneMistakeBringsOnNoOther",
     "[[principal]]\nname = \"x\"\nuri = \"urn:x\"\nroles = [\"auditr\"]\n" GRANT
     "to = [\"x\"]\nactions = [\"audit.read\"]\n",
     "p:4:10: unknown role 'auditr' (did you mean 'auditor'?)\n"},
};

const Wrong budgets[] = {
    {"NothingInIt", "[[budget]]\n",
     "p:1:1: budget has no 'principal'\np:1:1: budget has no 'collection' and no 'key'\n"
     "p:1:1: budget has no 'per_minute' and no 'per_day'\n"},
    {"Unknown", PRINCIPALS "[[budget]]\nprincipal = \"bakc\"\ncollection = \"a*\"\nper_hour = 1\nper_day = 1\n",
     "p:10:13: unknown principal 'bakc' (did you mean 'back'?)\n"
     "p:11:14: 'a*' is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'\n"
     "p:12:1: unknown key 'per_hour' in budget\n"},
    {"Counts", "[[budget]]\nprincipal = \"*\"\ncollection = \"*\"\nper_minute = 0\nper_day = 1_000_000_000_001\n",
     "p:4:14: 'per_minute' must be from 1 to 1000000000000\np:5:11: 'per_day' must be from 1 to 1000000000000\n"},
    {"Negative", "[[budget]]\nprincipal = \"*\"\ncollection = \"*\"\nper_minute = -1\nper_day = 1.0\n",
     "p:4:14: 'per_minute' must be from 1 to 1000000000000\np:5:11: 'per_day' must be an integer, not a decimal "
     "number\n"},
    {"Twice",
     "[[budget]]\nprincipal = \"*\"\ncollection = \"a\"\nper_day = 1\n"
     "[[budget]]\nprincipal = \"*\"\ncollection = \"a\"\nper_day = 1\n",
     "p:5:1: the budget in line 1 is for the same principal and collection\n"},
    {"CollectionAndKey", "[[budget]]\nprincipal = \"*\"\ncollection = \"a\"\nkey = \"a\"\nper_day = 1\n",
     "p:1:1: budget has both 'collection' and 'key'\n"},
    {"KeyIsNoName", "[[budget]]\nprincipal = \"*\"\nkey = \"transit/a\"\nper_day = 1\n",
     "p:3:7: 'transit/a' is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'\n"},
    {"KeyIsNoText", "[[budget]]\nprincipal = \"*\"\nkey = 1\nper_day = 1\n",
     "p:3:7: 'key' must be a string, not an integer\n"},
    {"KeyTwice",
     "[[budget]]\nprincipal = \"*\"\nkey = \"a\"\nper_day = 1\n"
     "[[budget]]\nprincipal = \"*\"\nkey = \"a\"\nper_day = 1\n",
     "p:5:1: the budget in line 1 is for the same principal and key\n"},
    {"AmbiguousForKey",
     PRINCIPALS "[[budget]]\nprincipal = \"back\"\nkey = \"*\"\nper_day = 1\n"
                "[[budget]]\nprincipal = \"role:backend\"\nkey = \"a\"\nper_day = 1\n",
     "p:13:1: for 'back' on 'transit/a' this budget and that in line 9 are equally specific: add one for exactly "
     "these\n"},
    {"AmbiguousForPrincipal",
     PRINCIPALS "[[budget]]\nprincipal = \"back\"\ncollection = \"*\"\nper_day = 1\n"
                "[[budget]]\nprincipal = \"role:backend\"\ncollection = \"a\"\nper_day = 1\n",
     "p:13:1: for 'back' on 'a' this budget and that in line 9 are equally specific: add one for exactly these\n"},
    {"AmbiguousForEverybody",
     PRINCIPALS "[[budget]]\nprincipal = \"*\"\ncollection = \"a\"\nper_day = 1\n"
                "[[budget]]\nprincipal = \"back\"\ncollection = \"*\"\nper_day = 1\n",
     "p:13:1: for 'back' on 'a' this budget and that in line 9 are equally specific: add one for exactly these\n"},
    {"AmbiguousForRole",
     "[[budget]]\nprincipal = \"role:backend\"\ncollection = \"*\"\nper_day = 1\n"
     "[[budget]]\nprincipal = \"*\"\ncollection = \"a\"\nper_day = 1\n",
     "p:5:1: for 'role:backend' on 'a' this budget and that in line 1 are equally specific: add one for exactly "
     "these\n"},
};

class LoadErrors : public testing::TestWithParam<Wrong> {};

TEST_P(LoadErrors, NamePlaceAndCause) {
  const Loaded loaded = load_text(GetParam().text, "p");
  EXPECT_EQ(all_text(loaded.errors), GetParam().problems);
  EXPECT_EQ(loaded.policy, nullptr);
  EXPECT_TRUE(loaded.warnings.empty());
}

const auto name_of = [](const auto& about) { return std::string(about.param.name); };
INSTANTIATE_TEST_SUITE_P(Syntax, LoadErrors, testing::ValuesIn(syntax), name_of);
INSTANTIATE_TEST_SUITE_P(Top, LoadErrors, testing::ValuesIn(top), name_of);
INSTANTIATE_TEST_SUITE_P(Principals, LoadErrors, testing::ValuesIn(principals), name_of);
INSTANTIATE_TEST_SUITE_P(Grants, LoadErrors, testing::ValuesIn(grants), name_of);
INSTANTIATE_TEST_SUITE_P(Budgets, LoadErrors, testing::ValuesIn(budgets), name_of);

TEST(LoadAll, ErrorsOfEverySectionAreReportedAtOnceInOrder) {
  const Loaded loaded = load_text(
      "purposes = [\"a\", \"a\"]\n[[budget]]\nprincipal = \"x\"\ncollection = \"*\"\nper_day = 0\n"
      "[[grant]]\nname = \"g\"\nto = [\"x\"]\nactions = [\"y\"]\n[[principal]]\nname = \"p\"\nuri = \"z\"\nroles = "
      "[\"r\"]\n",
      "p");
  EXPECT_EQ(all_text(loaded.errors),
            "p:1:18: 'a' stands twice in 'purposes'\n"
            "p:3:13: unknown principal 'x' (did you mean 'p'?)\n"
            "p:5:11: 'per_day' must be from 1 to 1000000000000\n"
            "p:8:7: unknown principal 'x' (did you mean 'p'?)\n"
            "p:9:12: unknown action 'y'\n"
            "p:12:7: 'z' is not a URI\n"
            "p:13:10: unknown role 'r'\n");
}

TEST(LoadAll, WarningsSayWhatIsOfNoUse) {
  const Loaded loaded = load_text("purposes = [\"a\"]\n" PRINCIPALS GRANT
                                  "to = [\"audit\", \"role:operator\"]\nactions = [\"status.read\"]\n",
                                  "p");
  EXPECT_EQ(all_text(loaded.errors), "");
  EXPECT_EQ(all_text(loaded.warnings),
            "p:1:13: no grant is for purpose 'a'\n"
            "p:3:8: no grant is to principal 'back'\n"
            "p:12:16: no principal has the role 'operator'\n");
  EXPECT_NE(loaded.policy, nullptr);
}

TEST(LoadAll, ABudgetForExactlyTheTwoSettlesIt) {
  const Loaded loaded = load_text(PRINCIPALS
                                  "[[budget]]\nprincipal = \"back\"\ncollection = \"*\"\nper_day = 1\n"
                                  "[[budget]]\nprincipal = \"role:backend\"\ncollection = \"a\"\nper_day = 2\n"
                                  "[[budget]]\nprincipal = \"back\"\ncollection = \"a\"\nper_day = 3\n",
                                  "p");
  EXPECT_EQ(all_text(loaded.errors), "");
  ASSERT_NE(loaded.policy, nullptr);
  EXPECT_EQ(loaded.policy->budget("back", "a").per_day, 3U);
  EXPECT_EQ(loaded.policy->budget("back", "b").per_day, 1U);
}

}  // namespace
}  // namespace sluis::policy

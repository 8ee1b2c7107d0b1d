package org.openward.stockclients;

import java.util.function.Supplier;
import org.ehrbase.openehr.sdk.util.exception.WrongStatusCodeException;

/** One line on standard output for each step: its name, a tab, and `ok` or what went wrong. */
final class Steps {
    interface Step {
        void run() throws Exception;
    }

    /** A step that fails does not keep the next from being tried. */
    void step(String name, Step step) {
        System.out.println(name + "\t" + outcome(step));
    }

    static void check(boolean holds, Supplier<Object> seen) {
        if (!holds) throw new AssertionError("not as expected: " + seen.get());
    }

    static void same(Object expected, Object seen) {
        check(expected.equals(seen), () -> seen + ", expected " + expected);
    }

    private static String outcome(Step step) {
        try {
            step.run();
            return "ok";
        } catch (WrongStatusCodeException refused) {
            return "WrongStatusCodeException " + refused.getActualStatusCode() + ": " + plain(refused);
        } catch (Exception | AssertionError failure) {
            return failure.getClass().getSimpleName() + ": " + plain(failure);
        }
    }

    private static String plain(Throwable failure) {
        return String.valueOf(failure.getMessage()).replaceAll("\\s+", " ");
    }
}

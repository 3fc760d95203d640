"""Optimisers: what a step makes of a gradient."""

from tests.exercises.exercise import BODY, Exercise, Mistake

OPTIM = "tests/test_optim.py"
SAVED = f"{OPTIM}::test_float32_stays_inputs_stay_and_a_saved_state_resumes_exactly"

SGD = Exercise(
    name="sgd",
    function="minigrad.optim:SGD.step",
    tests=[
        f"{OPTIM}::test_a_step_of_one_parameter_by_hand",
        f"{OPTIM}::test_plain_sgd_goes_against_the_gradient",
        f"{OPTIM}::test_momentum_unrolled",
        f"{OPTIM}::test_every_parameter_has_a_momentum_of_its_own",
        f"{OPTIM}::test_a_smaller_rate_holds_for_what_was_gathered_before_it_too",
        f"{OPTIM}::test_nesterov_looks_ahead",
        f"{OPTIM}::test_weight_decay_is_added_to_the_gradient_of_a_matrix",
        f"{OPTIM}::test_weight_decay_pulls_matrices_to_zero_and_leaves_biases",
        f"{SAVED}[SGD]",
    ],
    read=["minigrad/optim.py", "minigrad/optim.py:SGD"],
    hints=(
        "Begin without momentum and decay: every parameter goes against its gradient, lr times as "
        "far, into a new dictionary.  self.momentum, self.nesterov, self.weight_decay and "
        "self.state (a dictionary) are there.",
        "v ← m v + g, kept in self.state by the parameter's name (the first v is g), and then "
        "x − lr · v.  Nesterov takes g + m v instead of v.  Decay adds λ x to g before all that, "
        "where x has more than one axis.",
        "v = self.momentum * self.state[name] + g if name in self.state else g; "
        "self.state[name] = v; g = g + self.momentum * v if self.nesterov else v; "
        "stepped[name] = x - float(lr) * g.",
    ),
    wrong=[
        Mistake(
            "the step goes up the gradient: to make a loss smaller subtract it",
            "x - float(lr) * g", "x + float(lr) * g",
        ),
        Mistake(
            "the step is not multiplied by the learning rate",
            "x - float(lr) * g", "x - g",
        ),
        Mistake(
            "g is weighed with 1 − m, as in a mean: here v ← m v + g",
            "self.momentum * self.state[name] + g", "self.momentum * self.state[name] "
            "+ (1 - self.momentum) * g",
        ),
        Mistake(
            "g is weighed with 1 − m, as in a mean: here v ← m v + g",
            "self.momentum * self.state[name] + g if name in self.state else g",
            "self.momentum * self.state.get(name, 0) + (1 - self.momentum) * g",
        ),
        Mistake(
            "v is forgotten after each step: keep it in self.state",
            "            self.state[name] = v\n", "",
        ),
        Mistake(
            "all parameters share one v: keep one for each name",
            "v = self.momentum * self.state[name] + g if name in self.state else g\n"
            "            self.state[name] = v",
            "v = self.momentum * self.state['v'] + g if 'v' in self.state else g\n"
            "            self.state['v'] = v",
        ),
        Mistake(
            "the rate is multiplied into v, and an old rate stays in it: multiply by lr at the end",
            "self.momentum * self.state[name] + g if name in self.state else g\n"
            "            self.state[name] = v",
            "self.momentum * self.state[name] / lr + g if name in self.state else g\n"
            "            self.state[name] = v * lr",
        ),
        Mistake(
            "Nesterov's step is g + m v: the gradient, and where the momentum will lead",
            "g = g + self.momentum * v if self.nesterov else v", "g = v",
        ),
        Mistake(
            "Nesterov's step lacks the gradient itself: g + m v",
            "g + self.momentum * v if", "self.momentum * v if",
        ),
        Mistake(
            "biases are not decayed: only what has more than one axis",
            "if self.weight_decay and x.ndim > 1", "if self.weight_decay",
        ),
        Mistake(
            "decay pushes away from zero: add λ x to g, and the step subtracts it",
            "g + self.weight_decay * x", "g - self.weight_decay * x",
        ),
        Mistake(
            "you write into the arrays that were given: return new ones",
            "stepped[name] = x - float(lr) * g",
            "x -= float(lr) * g\n        stepped[name] = x",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            m, stepped, lr = self.momentum, {}, float(lr)
            for name in params:
                x, g = params[name], gradients[name]
                if x.ndim >= 2:
                    g = g + self.weight_decay * x
                v = self.state.get(name, 0) * m + g
                self.state[name] = v
                stepped[name] = x - lr * (g + m * v) if self.nesterov else x - lr * v
            return stepped
            """,
        )
    ],
    needs=["multiply"],
)  # fmt: skip

ADAM = Exercise(
    name="adam",
    function="minigrad.optim:Adam.step",
    tests=[
        f"{OPTIM}::test_adams_first_step_is_lr_in_the_direction_of_the_sign",
        f"{OPTIM}::test_adams_second_step_by_hand",
        f"{OPTIM}::test_adams_third_step_by_hand",
        f"{OPTIM}::test_adam_counts_steps_not_parameters_and_each_has_means_of_its_own",
        f"{OPTIM}::test_adam_moves_half_as_far_along_a_gradient_as_small_as_epsilon",
        f"{OPTIM}::test_adams_decay_does_not_pass_through_the_gradient",
        f"{SAVED}[Adam]",
    ],
    read=["minigrad/optim.py", "minigrad/optim.py:Adam", "minigrad/optim.py:SGD"],
    hints=(
        "Two means are kept for each parameter, of g and of g², in self.state, and the count of "
        "steps, self.state['t'], which begins at 0.  The step is lr · m̂ / (√v̂ + ε).",
        "m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g² begin at 0.  After t steps they hold "
        "only 1 − β₁ᵗ and 1 − β₂ᵗ of a mean: m̂ and v̂ are divided by that, and m and v are kept as "
        "they are.",
        "t += 1 once in a step.  m_hat = m / (1 - self.beta1**t), v_hat likewise; "
        "x * (1 - lr * self.weight_decay) - lr * m_hat / (xp.sqrt(v_hat) + self.eps).",
    ),
    wrong=[
        Mistake(
            "m and v began at 0 and are too small at first: divide by 1 − β₁ᵗ and 1 − β₂ᵗ",
            "m / (1 - self.beta1**t), v / (1 - self.beta2**t)", "m, v",
        ),
        Mistake(
            "t stays 1: it counts the steps",
            "self.state[\"t\"] + 1", "1",
        ),
        Mistake(
            "t counts the parameters: one more for each step, before the loop",
            """t = self.state["t"] = self.state["t"] + 1
    stepped = {}
    for name, x in params.items():
""",
            """stepped = {}
    for name, x in params.items():
        t = self.state["t"] = self.state["t"] + 1
""",
        ),
        Mistake(
            "the step is divided by v̂ itself: it is the root, √v̂ + ε",
            "xp.sqrt(v_hat)", "v_hat",
        ),
        Mistake(
            "ε is added to √v̂, and does not stand under the root",
            "(xp.sqrt(v_hat) + self.eps)", "xp.sqrt(v_hat + self.eps)",
        ),
        Mistake(
            "v is the mean of g², and yours is that of |g|",
            "(1 - self.beta2) * g * g", "(1 - self.beta2) * abs(g)",
        ),
        Mistake(
            "β₁ belongs to m and β₂ to v, and you have exchanged them",
            """m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
""",
            """m = self.beta2 * m + (1 - self.beta2) * g
        v = self.beta1 * v + (1 - self.beta1) * g * g
""",
        ),
        Mistake(
            "the new gradient counts 1 − β, so that m and v are means",
            """+ (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
""",
            """+ g
        v = self.beta2 * v + g * g
""",
        ),
        Mistake(
            "you keep m̂ and v̂ for the next step: keep m and v, and correct anew each time",
            """        self.state[f"m/{name}"], self.state[f"v/{name}"] = m, v
        # both began at 0, and are that much too small
        m_hat, v_hat = m / (1 - self.beta1**t), v / (1 - self.beta2**t)
""",
            """        m_hat, v_hat = m / (1 - self.beta1**t), v / (1 - self.beta2**t)
        self.state[f"m/{name}"], self.state[f"v/{name}"] = m_hat, v_hat
""",
        ),
        Mistake(
            "all parameters share their means: keep m and v for each name",
            """        m = self.state.get(f"m/{name}", xp.zeros_like(x))
        v = self.state.get(f"v/{name}", xp.zeros_like(x))
        # m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        self.state[f"m/{name}"], self.state[f"v/{name}"] = m, v
""",
            """        m, v = self.state.get("m", 0), self.state.get("v", 0)
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        self.state["m"], self.state["v"] = m, v
""",
        ),
        Mistake(
            "the step goes up the gradient: subtract it",
            "decayed - lr * m_hat", "decayed + lr * m_hat",
        ),
        Mistake(
            "decay is added to the gradient, and divided by √v̂ with it: it belongs to the step",
            """        g = gradients[name]
        xp""",
            """        g = gradients[name] + self.weight_decay * x
        xp""",
        ),
        Mistake(
            "the decay λ is not multiplied by lr",
            "(1 - lr * self.weight_decay)", "(1 - self.weight_decay)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            self.state["t"] += 1
            t, lr, b1, b2 = self.state["t"], float(lr), self.beta1, self.beta2
            after = dict(params)
            for name, g in gradients.items():
                m, v = (self.state.get(f"{of}/{name}", 0 * g) for of in "mv")
                m = m + (1 - b1) * (g - m)
                v = v + (1 - b2) * (g**2 - v)
                self.state |= {f"m/{name}": m, f"v/{name}": v}
                x = params[name] - lr * self.weight_decay * params[name]
                root = (v / (1 - b2**t)) ** 0.5
                after[name] = x - lr / (1 - b1**t) * m / (root + self.eps)
            return after
            """,
        )
    ],
    needs=["sgd"],
)  # fmt: skip

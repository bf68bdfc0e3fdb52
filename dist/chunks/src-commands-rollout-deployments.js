import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-C4YRVKOX.js";import"./chunk-BRHPXKAY.js";import"./chunk-KDAVWTIF.js";import"./chunk-D5X673HY.js";export{a as deploymentsOnGitHub};
